import {
  ActionIcon,
  Button,
  Menu,
  SegmentedControl,
  Skeleton,
  Switch,
  TextInput,
} from "@mantine/core";
import { modals } from "@mantine/modals";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Ellipsis, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { Copy } from "../parts/Copy";
import { Empty } from "../parts/Empty";
import { startOf } from "../parts/flow/describe";
import { collectionName } from "../parts/form/types";
import { PageBar } from "../parts/PageBar";
import { Problem } from "../parts/Problem";
import { Since } from "../parts/Since";
import type { Workflow } from "../queries";
import { titleOf, useCollections } from "../queries";
import { NewWorkflow } from "./NewWorkflow";

/** All workflows: what starts them, whether they are on, and how often they ran. */
export function WorkflowsPage() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [creating, setCreating] = useState(false);
  const [which, setWhich] = useState("all");
  const [wanted, setWanted] = useState("");
  const { data: collections = [] } = useCollections();
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ["workflows", "list"],
    queryFn: async () =>
      (
        await call<Workflow[]>("workflows:list", {
          query: { filter: { current: true }, sort: ["-id"], pageSize: 500, appends: ["stats"] },
        })
      ).data,
  });
  const change = useMutation({
    mutationFn: ({ path, body }: { path: string; body?: unknown }) =>
      call(path, { body: body ?? {} }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["workflows"] }),
  });
  const shown = (data ?? []).filter(
    (each) =>
      (which === "all" || each.enabled === (which === "on")) &&
      `${each.title} ${each.key}`.toLowerCase().includes(wanted.toLowerCase()),
  );
  const tableOf = (workflow: Workflow) => {
    const name = collectionName(workflow.config.collection);
    const found = collections.find((each) => each.name === name);
    return found ? titleOf(found) : name;
  };

  return (
    <>
      <PageBar title={t("workflows")}>
        <TextInput
          placeholder={t("search")}
          aria-label={t("search")}
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
        />
        <SegmentedControl
          aria-label={t("workflows:which")}
          value={which}
          onChange={setWhich}
          data={["all", "on", "off"].map((each) => ({
            value: each,
            label: t(`workflows:which.${each}`),
          }))}
        />
        <Button leftSection={<Plus size={14} />} onClick={() => setCreating(true)}>
          {t("workflows:new")}
        </Button>
      </PageBar>
      <Problem error={error ?? change.error} onRetry={() => void refetch()} />
      {isPending && <Skeleton height={36 * 4} m={12} />}
      {data && shown.length === 0 && (
        <Empty action={<Button onClick={() => setCreating(true)}>{t("workflows:new")}</Button>}>
          {t(data.length ? "workflows:noneMatch" : "workflows:none")}
        </Empty>
      )}
      {shown.length > 0 && (
        <div style={{ overflow: "auto", flex: 1 }}>
          <table className="table">
            <thead>
              <tr>
                <th>{t("workflows:on")}</th>
                <th>{t("title")}</th>
                <th>{t("workflows:key")}</th>
                <th>{t("workflows:starts")}</th>
                <th className="numeric">{t("executions")}</th>
                <th>{t("workflows:changed")}</th>
                <th aria-label={t("more")} />
              </tr>
            </thead>
            <tbody>
              {shown.map((each) => (
                <tr key={each.id}>
                  <td style={{ width: 48 }}>
                    <Switch
                      aria-label={t("workflows:onOf", { title: each.title ?? each.key })}
                      checked={each.enabled}
                      onChange={(event) =>
                        change.mutate({
                          path: `workflows:update/${each.id}`,
                          body: { enabled: event.currentTarget.checked },
                        })
                      }
                    />
                  </td>
                  <td>
                    <Link to="/workflows/$key" params={{ key: each.key } as never}>
                      {each.title || each.key}
                    </Link>
                  </td>
                  <td className="mono">
                    {each.key} <Copy value={each.key} label={t("workflows:copy")} />
                  </td>
                  <td className="dim">{t(startOf(each), { table: tableOf(each) })}</td>
                  <td className="numeric">{each.stats?.executed ?? 0}</td>
                  <td className="dim">
                    <Since at={each.updatedAt} />
                  </td>
                  <td style={{ width: 40 }}>
                    <Menu position="bottom-end">
                      <Menu.Target>
                        <ActionIcon aria-label={t("more")}>
                          <Ellipsis size={16} />
                        </ActionIcon>
                      </Menu.Target>
                      <Menu.Dropdown>
                        <Menu.Item
                          onClick={() => change.mutate({ path: `workflows:revision/${each.id}` })}
                        >
                          {t("workflows:duplicate")}
                        </Menu.Item>
                        <Menu.Item
                          color="red"
                          onClick={() =>
                            modals.openConfirmModal({
                              title: t("workflows:deleteTitle", { title: each.title ?? each.key }),
                              children: t("workflows:deleteText"),
                              labels: { confirm: t("delete"), cancel: t("cancel") },
                              confirmProps: { color: "red" },
                              onConfirm: () =>
                                change.mutate({ path: `workflows:destroy/${each.id}` }),
                            })
                          }
                        >
                          {t("delete")}
                        </Menu.Item>
                      </Menu.Dropdown>
                    </Menu>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {creating && <NewWorkflow onClose={() => setCreating(false)} />}
    </>
  );
}
