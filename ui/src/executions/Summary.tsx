import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { format } from "../i18n";
import { Drawer } from "../parts/Drawer";
import { JsonTree } from "../parts/JsonTree";
import { Problem } from "../parts/Problem";
import { nameOf } from "../parts/person";
import { Cause } from "./Cause";
import { Chain } from "./Chain";
import { ExecutionLink } from "./ExecutionLink";
import type { Execution } from "./execution";
import styles from "./Panel.module.css";
import { RecordLink } from "./Trigger";
import { useChain } from "./useChain";

interface Props {
  execution: Execution;
  onClose: () => void;
}

/** What started an execution, who, and what it came to. */
export function Summary({ execution, onClose }: Props) {
  const { t } = useTranslation();
  const { workflow, reason, rerunOfId, laneKey } = execution;
  const chain = useChain(execution);
  const { data, user, roleName } = execution.context ?? {};
  return (
    <Drawer label={t("executions:summary")} title={t("executions:summary")} onClose={onClose}>
      {reason && <Problem error={t(`executions:reason.${reason}`, { defaultValue: reason })} />}
      <dl className={styles.facts}>
        <dt>{t("executions:workflow")}</dt>
        <dd>
          {workflow ? (
            <Link
              to={"/workflows/$key" as string}
              params={{ key: workflow.key } as never}
              search={{ version: workflow.id } as never}
            >
              {workflow.title || workflow.key} v{workflow.version?.number}
            </Link>
          ) : (
            execution.key
          )}
        </dd>
        <dt>{t("executions:cause")}</dt>
        <dd>
          <Cause execution={execution} />
        </dd>
        {rerunOfId && (
          <>
            <dt>{t("executions:rerunOf")}</dt>
            <dd>
              <ExecutionLink id={rerunOfId} />
            </dd>
          </>
        )}
        {chain.reruns.length > 0 && (
          <>
            <dt>{t("executions:reruns")}</dt>
            <dd>
              {chain.reruns.map((each) => (
                <div key={each.id}>
                  <ExecutionLink id={each.id} found={each} />
                </div>
              ))}
            </dd>
          </>
        )}
        {laneKey && (
          <>
            <dt>{t("executions:lane")}</dt>
            <dd className="mono">{laneKey}</dd>
          </>
        )}
        <dt>{t("executions:record")}</dt>
        <dd>
          <RecordLink execution={execution} />
        </dd>
        <dt>{t("executions:user")}</dt>
        <dd>{user ? nameOf(user) : "–"}</dd>
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
      <Problem error={chain.error} />
      <Chain execution={execution} chain={chain} />
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
