import { useTranslation } from "react-i18next";
import { format } from "../i18n";
import { between, duration, stateOf } from "../parts/executionState";
import { Pill } from "../parts/Pill";
import type { Job } from "./execution";
import styles from "./Panel.module.css";
import { wordOf } from "./stepStates";

interface Props {
  jobs: Job[];
  /** The execution goes on: after the last attempt there may be another. */
  active: boolean;
}

/** Each time that a step was tried: when, what went wrong, and when it was tried again. */
export function Attempts({ jobs, active }: Props) {
  const { t } = useTranslation();
  return (
    <ol className={styles.attempts} aria-label={t("executions:tab.attempts")}>
      {jobs.map((job, n) => (
        <li key={job.id}>
          <span>{t("executions:attempt", { number: job.attempt ?? 1 })}</span>
          <Pill tone={stateOf(job.status).tone} live={job.status === 0}>
            {t(`executions:state.${wordOf(job)}`)}
          </Pill>
          <span className="hint">{job.createdAt && format.moment(job.createdAt)}</span>
          <span className="mono">{duration(between(job.createdAt, job.updatedAt))}</span>
          {job.error && <span className={styles.error}>{job.error}</span>}
          {job.meta?.retryAt && (
            <span className="hint">
              {t(active && n === jobs.length - 1 ? "executions:dueAt" : "executions:wasDueAt", {
                at: format.moment(job.meta.retryAt),
              })}
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}
