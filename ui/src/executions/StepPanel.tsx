import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { format } from "../i18n";
import { Drawer } from "../parts/Drawer";
import { between, duration, stateOf } from "../parts/executionState";
import { JsonTree } from "../parts/JsonTree";
import { Pill } from "../parts/Pill";
import { Problem } from "../parts/Problem";
import { Asked } from "./Asked";
import { Attempts } from "./Attempts";
import { ExecutionLink } from "./ExecutionLink";
import type { Job } from "./execution";
import styles from "./Panel.module.css";
import { StepInput } from "./StepInput";
import { isKept, isWaiting, RETRY, wordOf } from "./stepStates";

interface Props {
  nodeKey: string;
  title: string;
  /** Its jobs, the latest last. */
  jobs: Job[];
  /** How often the step is tried at most. */
  attempts: number;
  /** The execution goes on. */
  active: boolean;
  /** The execution that is repeated. */
  rerunOfId: number | null;
  onClose: () => void;
}

/** What a step was given, what came of it, and when. */
export function StepPanel(props: Props) {
  const { nodeKey, title, jobs, attempts, active, rerunOfId, onClose } = props;
  const { t } = useTranslation();
  const [tab, setTab] = useState("input");
  const job = jobs.at(-1);
  const failed = job?.status !== null && (job?.status ?? 0) < 0 && job?.status !== -3;
  return (
    <Drawer label={t("executions:step")} title={title} onClose={onClose}>
      {!job && <p className="dim">{t("executions:notReached")}</p>}
      {job && failed && (
        <Problem
          error={t("executions:failure", {
            message: job.error || t("executions:endedHere"),
            key: nodeKey,
            attempt: job.attempt ?? 1,
            attempts: Math.max(attempts, job.attempt ?? 1),
          })}
        />
      )}
      {job && (
        <>
          <dl className={styles.facts}>
            <dt>{t("executions:state")}</dt>
            <dd>
              <Pill tone={stateOf(job.status).tone} live={job.status === 0}>
                {t(`executions:state.${wordOf(job)}`)}
              </Pill>
            </dd>
            {rerunOfId && isKept(job) && (
              <>
                <dt>{t("executions:keptFrom")}</dt>
                <dd>
                  <ExecutionLink id={rerunOfId} />
                </dd>
              </>
            )}
            {active && job.status === RETRY && job.meta?.retryAt && (
              <>
                <dt>{t("executions:nextAt")}</dt>
                <dd>{format.moment(job.meta.retryAt)}</dd>
              </>
            )}
            {isWaiting(job) && job.meta?.until && (
              <>
                <dt>{t("executions:until")}</dt>
                <dd>{format.moment(job.meta.until)}</dd>
              </>
            )}
            <Asked job={job} />
            <dt>{t("executions:started")}</dt>
            <dd>{job.createdAt && format.moment(job.createdAt)}</dd>
            <dt>{t("executions:duration")}</dt>
            <dd>{duration(between(job.createdAt, job.updatedAt))}</dd>
          </dl>
          <SegmentedControl
            fullWidth
            aria-label={t("executions:show")}
            value={tab}
            onChange={setTab}
            data={["input", "output", "log", "attempts"].map((each) => ({
              value: each,
              label: t(`executions:tab.${each}`),
            }))}
          />
          {tab === "input" && <StepInput job={job} />}
          {tab === "output" && (
            <JsonTree value={job.result ?? null} path={`$jobsMapByNodeKey.${nodeKey}`} />
          )}
          {tab === "log" && <pre className={styles.log}>{job.log || t("executions:noLog")}</pre>}
          {tab === "attempts" && <Attempts {...{ jobs, active }} />}
        </>
      )}
    </Drawer>
  );
}
