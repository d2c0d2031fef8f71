import { ActionIcon, Button, Group } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Collection, call } from "../api";
import { local } from "../i18n";
import { ButtonIcon } from "../parts/ButtonIcon";
import { type BoundButton, callOf } from "../parts/button";
import { Empty } from "../parts/Empty";
import { Problem } from "../parts/Problem";
import { ButtonDrawer } from "./ButtonDrawer";
import styles from "./Tables.module.css";

type Draft = Omit<BoundButton, "id"> & { id?: number };

/** The buttons of a table, in their order. */
export function ButtonsTab({ collection }: { collection: Collection }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [open, setOpen] = useState<Draft | null>(null);
  const key = ["buttons", collection.name];
  const { data, error, refetch } = useQuery({
    queryKey: key,
    queryFn: async () =>
      (await call<BoundButton[]>("buttons:list", { query: { collection: collection.name } })).data,
  });
  const change = useMutation({
    mutationFn: ({ path, body }: { path: string; body: unknown }) => call(path, { body }),
    onSettled: () => queries.invalidateQueries({ queryKey: key }),
  });
  const buttons = data ?? [];
  const fresh = (): Draft => ({
    collection: collection.name,
    label: { en: "", fr: "" },
    icon: null,
    style: "default",
    scope: "record",
    visibleWhen: null,
    roles: [],
    confirm: null,
    workflows: [],
    values: null,
  });
  const add = (
    <Button leftSection={<Plus size={14} />} onClick={() => setOpen(fresh())}>
      {t("tables:newButton")}
    </Button>
  );
  return (
    <div className={styles.stage}>
      <div className={styles.main}>
        <Problem error={error ?? (open ? null : change.error)} onRetry={() => void refetch()} />
        {data && buttons.length === 0 ? (
          <Empty action={add}>{t("tables:noButtons")}</Empty>
        ) : (
          <>
            <Group p={8} justify="flex-end">
              {add}
            </Group>
            <table className="table">
              <thead>
                <tr>
                  <th>{t("tables:label")}</th>
                  <th>{t("tables:scope")}</th>
                  <th>{t("tables:theCall")}</th>
                  <th aria-label={t("tables:order")} />
                </tr>
              </thead>
              <tbody>
                {buttons.map((each, n) => (
                  <tr key={each.id}>
                    <td>
                      <span className={styles.titled}>
                        <ButtonIcon name={each.icon} />
                        <button type="button" className={styles.link} onClick={() => setOpen(each)}>
                          {local(each.label)}
                        </button>
                      </span>
                    </td>
                    <td className="dim">{t(`tables:scope.${each.scope}`)}</td>
                    <td className="mono">{callOf(each)}</td>
                    <td style={{ width: 80 }}>
                      <ActionIcon
                        aria-label={t("tables:up")}
                        disabled={n === 0}
                        onClick={() =>
                          change.mutate({
                            path: `buttons:move/${each.id}`,
                            body: { before: buttons[n - 1]?.id },
                          })
                        }
                      >
                        <ArrowUp size={14} />
                      </ActionIcon>
                      <ActionIcon
                        aria-label={t("tables:down")}
                        disabled={n === buttons.length - 1}
                        onClick={() =>
                          change.mutate({
                            path: `buttons:move/${each.id}`,
                            body: { after: buttons[n + 1]?.id },
                          })
                        }
                      >
                        <ArrowDown size={14} />
                      </ActionIcon>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </>
        )}
      </div>
      {open && (
        <ButtonDrawer
          key={open.id ?? "new"}
          initial={open}
          collection={collection}
          error={change.error}
          busy={change.isPending}
          onClose={() => {
            change.reset();
            setOpen(null);
          }}
          onDelete={
            open.id === undefined
              ? undefined
              : () =>
                  change.mutate(
                    { path: `buttons:destroy/${open.id}`, body: {} },
                    { onSuccess: () => setOpen(null) },
                  )
          }
          onSave={({ id, ...body }) => {
            const { collection: _, ...rest } = body;
            const keep = ({
              label,
              icon,
              style,
              scope,
              visibleWhen,
              roles,
              confirm,
              workflows,
              values,
            }: typeof rest) => ({
              label,
              icon,
              style,
              scope,
              visibleWhen,
              roles,
              confirm,
              workflows,
              values,
            });
            change.mutate(
              id === undefined
                ? { path: "buttons:create", body: { collection: collection.name, ...keep(rest) } }
                : { path: `buttons:update/${id}`, body: keep(rest) },
              { onSuccess: () => setOpen(null) },
            );
          }}
        />
      )}
    </div>
  );
}
