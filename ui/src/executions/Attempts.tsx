import { useTranslation } from "react-i18next";
import { format } from "../i18n";
import { between, duration, stateOf } from "../parts/executionState";
import { Pill } from "../parts/Pill";
import type { Job } from "./execution";
import styles from "./Panel.module.css";
import { wordOf } from "./stepStates";

/** Each time that a step was tried. */
export function Attempts({ jobs }: { jobs: Job[] }) {
  const { t } = useTranslation();
  return (
    <ol className={styles.attempts} aria-label={t("executions:tab.attempts")}>
      {jobs.map((job) => (
        <li key={job.id}>
          <span>{t("executions:attempt", { number: job.attempt ?? 1 })}</span>
          <Pill tone={stateOf(job.status).tone} live={job.status === 0}>
            {t(`executions:state.${wordOf(job)}`)}
          </Pill>
          <span className="hint">{job.createdAt && format.moment(job.createdAt)}</span>
          <span className="mono">{duration(between(job.createdAt, job.updatedAt))}</span>
        </li>
      ))}
    </ol>
  );
}
