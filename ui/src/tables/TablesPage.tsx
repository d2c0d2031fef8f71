import { Button, Skeleton, Switch, TextInput } from "@mantine/core";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Empty } from "../parts/Empty";
import { collectionName } from "../parts/form/types";
import { PageBar } from "../parts/PageBar";
import { Problem } from "../parts/Problem";
import { mayManage, titleOf, useAbilities, useCollections, useWorkflows } from "../queries";
import { NewTable } from "./NewTable";
import { SampleButton } from "./SampleButton";
import { TableRow } from "./TableRow";

/** Rows at a time: each asks the server for what is in its table. */
const STEP = 50;
/** More tables than one sees at a glance. */
const MANY = 12;

/** All tables, and the way to a new one. */
export function TablesPage() {
  const { t } = useTranslation();
  const [creating, setCreating] = useState(false);
  const [wanted, setWanted] = useState("");
  const [all, setAll] = useState(false);
  const [most, setMost] = useState(STEP);
  const { data, error, isPending, refetch } = useCollections();
  const { data: abilities } = useAbilities();
  const { data: workflows = [] } = useWorkflows({
    enabled: mayManage(abilities, "pm.workflow.workflows"),
  });
  const some = (data ?? []).some((each) => each.hidden === true);
  const matching = (data ?? [])
    .filter((each) => all || each.hidden !== true)
    .filter((each) => `${titleOf(each)} ${each.name}`.toLowerCase().includes(wanted.toLowerCase()));
  const create = (
    <Button leftSection={<Plus size={14} />} onClick={() => setCreating(true)}>
      {t("tables:new")}
    </Button>
  );
  return (
    <>
      <PageBar title={t("tables")}>
        {some && (
          <Switch
            label={t("tables:showHidden")}
            checked={all}
            onChange={(event) => setAll(event.currentTarget.checked)}
          />
        )}
        {(data?.length ?? 0) > MANY && (
          <TextInput
            aria-label={t("search")}
            placeholder={t("search")}
            value={wanted}
            onChange={(event) => setWanted(event.currentTarget.value)}
          />
        )}
        {create}
      </PageBar>
      <Problem error={error} onRetry={() => void refetch()} />
      {isPending && <Skeleton height={144} m={12} />}
      {data && matching.length === 0 && (
        <Empty
          action={
            <>
              {create}
              {data.length === 0 && mayManage(abilities, "pm.workflow.workflows") && (
                <SampleButton />
              )}
            </>
          }
        >
          {t(wanted ? "nothingFound" : "tables:none")}
        </Empty>
      )}
      {matching.length > 0 && (
        <div style={{ overflow: "auto", flex: 1 }}>
          <table className="table">
            <thead>
              <tr>
                <th>{t("title")}</th>
                <th>{t("name")}</th>
                <th className="numeric">{t("tables:records")}</th>
                <th className="numeric">{t("tables:fields")}</th>
                <th>{t("workflows")}</th>
                <th>{t("tables:updated")}</th>
              </tr>
            </thead>
            <tbody>
              {matching.slice(0, most).map((each) => (
                <TableRow
                  key={each.name}
                  collection={each}
                  workflows={workflows.filter(
                    (workflow) => collectionName(workflow.config.collection) === each.name,
                  )}
                />
              ))}
            </tbody>
          </table>
          {matching.length > most && (
            <Button variant="default" m={12} onClick={() => setMost(most + STEP)}>
              {t("tables:showMore")}
            </Button>
          )}
        </div>
      )}
      {creating && <NewTable onClose={() => setCreating(false)} />}
    </>
  );
}
