import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { format } from "../i18n";
import { Drawer } from "../parts/Drawer";
import { asObject, collectionName } from "../parts/form/types";
import { JsonTree } from "../parts/JsonTree";
import { Problem } from "../parts/Problem";
import type { Workflow } from "../queries";
import type { Execution } from "./execution";
import styles from "./Panel.module.css";

interface Props {
  execution: Execution;
  workflow: Workflow;
  onClose: () => void;
}

/** What started an execution, who, and what it came to. */
export function Summary({ execution, workflow, onClose }: Props) {
  const { t } = useTranslation();
  const { data, user, roleName } = execution.context ?? {};
  const table = collectionName(workflow.config.collection);
  const record = asObject(data).id;
  return (
    <Drawer label={t("executions:summary")} title={t("executions:summary")} onClose={onClose}>
      {execution.reason && <Problem error={t(`executions:reason.${execution.reason}`)} />}
      <dl className={styles.facts}>
        <dt>{t("executions:workflow")}</dt>
        <dd>
          <Link to={"/workflows/$key" as string} params={{ key: workflow.key } as never}>
            {workflow.title || workflow.key}
          </Link>
        </dd>
        {record !== undefined && record !== null && (
          <>
            <dt>{t("executions:record")}</dt>
            <dd>
              <Link
                to={"/data/$table" as string}
                params={{ table } as never}
                search={{ record: String(record) } as never}
              >
                {table} {String(record)}
              </Link>
            </dd>
          </>
        )}
        <dt>{t("executions:user")}</dt>
        <dd>{user ? user.nickname || user.email || user.id : "–"}</dd>
        <dt>{t("executions:role")}</dt>
        <dd>{roleName ?? "–"}</dd>
        <dt>{t("executions:created")}</dt>
        <dd>{format.moment(execution.createdAt)}</dd>
        {execution.finishedAt && (
          <>
            <dt>{t("executions:finished")}</dt>
            <dd>{format.moment(execution.finishedAt)}</dd>
          </>
        )}
      </dl>
      <h3 className={styles.head}>{t("executions:data")}</h3>
      <JsonTree value={data ?? null} path="$context.data" />
      {execution.output !== null && execution.output !== undefined && (
        <>
          <h3 className={styles.head}>{t("executions:output")}</h3>
          <JsonTree value={execution.output} />
        </>
      )}
    </Drawer>
  );
}
