import { useTranslation } from "react-i18next";
import { between, duration, stateOf } from "../parts/executionState";
import type { Job } from "./execution";
import { inOrder, isKept } from "./stepStates";
import { timeline } from "./timeline";
import styles from "./Waterfall.module.css";

interface Props {
  jobs: Job[];
  titles: Record<string, string>;
  /** Keys of the steps that only wait. */
  waits: Set<string>;
  selected: string | null;
  pointed: string | null;
  onSelect: (key: string) => void;
  onPoint: (key: string | null) => void;
}

/** When each step ran and how long, one row a step. */
export function Waterfall(props: Props) {
  const { jobs, titles, waits, selected, pointed, onSelect, onPoint } = props;
  const { t } = useTranslation();
  const steps = inOrder(jobs);
  const took = steps.map((each) => between(each.createdAt, each.updatedAt));
  const bars = timeline(
    steps.map((each, n) => ({ milliseconds: took[n] ?? 0, waits: waits.has(each.nodeKey) })),
  );
  return (
    <ol className={styles.fall} aria-label={t("executions:waterfall")}>
      {steps.map((job, n) => (
        <li key={job.id}>
          <button
            type="button"
            className={styles.row}
            aria-pressed={selected === job.nodeKey}
            data-pointed={pointed === job.nodeKey || undefined}
            onClick={() => onSelect(job.nodeKey)}
            onMouseEnter={() => onPoint(job.nodeKey)}
            onMouseLeave={() => onPoint(null)}
          >
            <span className={styles.label}>{titles[job.nodeKey] ?? job.nodeKey}</span>
            <span className={styles.track}>
              <span
                className={styles.bar}
                data-tone={stateOf(job.status).tone}
                data-kept={isKept(job) || undefined}
                data-waits={waits.has(job.nodeKey) || undefined}
                data-compressed={bars[n]?.compressed || undefined}
                style={{
                  left: `${(bars[n]?.from ?? 0) * 100}%`,
                  width: `${(bars[n]?.width ?? 0) * 100}%`,
                }}
              />
            </span>
            <span className={styles.time}>{duration(took[n] ?? 0)}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}
