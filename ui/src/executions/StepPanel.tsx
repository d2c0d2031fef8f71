import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { format } from "../i18n";
import { Drawer } from "../parts/Drawer";
import { between, duration, stateOf } from "../parts/executionState";
import type { FlowNode } from "../parts/flow/tree";
import { JsonTree } from "../parts/JsonTree";
import { Pill } from "../parts/Pill";
import { Problem } from "../parts/Problem";
import type { Job } from "./execution";
import styles from "./Panel.module.css";

interface Props {
  title: string;
  node: FlowNode | undefined;
  jobs: Job[];
  onClose: () => void;
}

/** What a step was given, what came of it, and when. */
export function StepPanel({ title, node, jobs, onClose }: Props) {
  const { t } = useTranslation();
  const [tab, setTab] = useState("output");
  const job = jobs.at(-1);
  const state = stateOf(job?.status);
  return (
    <Drawer label={t("executions:step")} title={title} onClose={onClose}>
      {!job && <p className="dim">{t("executions:notReached")}</p>}
      {job?.error && <Problem error={job.error} />}
      {job && (
        <dl className={styles.facts}>
          <dt>{t("executions:state")}</dt>
          <dd>
            <Pill tone={state.tone} live={job.status === 0}>
              {t(`executions:state.${state.word}`)}
            </Pill>
          </dd>
          <dt>{t("executions:started")}</dt>
          <dd>{job.createdAt && format.moment(job.createdAt)}</dd>
          <dt>{t("executions:duration")}</dt>
          <dd>{duration(between(job.createdAt, job.updatedAt))}</dd>
          {job.attempt != null && job.attempt > 1 && (
            <>
              <dt>{t("executions:attempts")}</dt>
              <dd>{job.attempt}</dd>
            </>
          )}
        </dl>
      )}
      <SegmentedControl
        fullWidth
        aria-label={t("executions:show")}
        value={tab}
        onChange={setTab}
        data={["input", "output", "log"].map((each) => ({
          value: each,
          label: t(`executions:tab.${each}`),
        }))}
      />
      {tab === "input" && <JsonTree value={node?.config ?? {}} />}
      {tab === "output" && (
        <JsonTree value={job?.result ?? null} path={`$jobsMapByNodeKey.${job?.nodeKey ?? ""}`} />
      )}
      {tab === "log" && <pre className={styles.log}>{job?.log || t("executions:noLog")}</pre>}
    </Drawer>
  );
}
