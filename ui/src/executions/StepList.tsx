import { useTranslation } from "react-i18next";
import { between, duration } from "../parts/executionState";
import type { StepState } from "../parts/flow/StepNode";
import { Pill } from "../parts/Pill";
import type { Job } from "./execution";
import styles from "./Panel.module.css";

interface Props {
  steps: { key: string; title: string }[];
  states: Record<string, StepState>;
  jobs: Job[];
  selected: string | null;
  onSelect: (key: string) => void;
}

/** The steps in order, in words: what the canvas shows, for those who cannot see it. */
export function StepList({ steps, states, jobs, selected, onSelect }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <p className={styles.summary}>
        <button
          type="button"
          aria-pressed={selected === "trigger"}
          onClick={() => onSelect("trigger")}
        >
          {t("executions:summary")}
        </button>
      </p>
      <ol className={styles.list} aria-label={t("executions:steps")}>
        {steps.map(({ key, title }) => {
          const state = states[key];
          const job = jobs.find((each) => each.nodeKey === key);
          return (
            <li key={key}>
              <button type="button" aria-pressed={selected === key} onClick={() => onSelect(key)}>
                {title}
              </button>
              {!state || state.muted ? (
                <span className="hint">{t("executions:notReached")}</span>
              ) : (
                <>
                  <Pill tone={state.tone} live={state.live}>
                    {job?.status === 1 ? t("executions:state.succeeded") : state.label}
                  </Pill>
                  {state.note && <span className="hint"> {state.note}</span>}
                  {job && (
                    <span className="mono"> {duration(between(job.createdAt, job.updatedAt))}</span>
                  )}
                </>
              )}
            </li>
          );
        })}
      </ol>
    </>
  );
}
