import { useTranslation } from "react-i18next";
import { between, duration, isActive, stateOf } from "../parts/executionState";
import type { Job } from "./execution";
import styles from "./Waterfall.module.css";

interface Props {
  jobs: Job[];
  titles: Record<string, string>;
  /** Keys of the steps that only wait. */
  waits: Set<string>;
  selected: string | null;
  onSelect: (key: string) => void;
}

/** A wait never takes more of the width than this, or every short step becomes a dot. */
const MOST_OF_ONE = 0.4;

/** When each step ran and how long, one row a step. */
export function Waterfall({ jobs, titles, waits, selected, onSelect }: Props) {
  const { t } = useTranslation();
  const steps = [...jobs].sort((a, b) => a.id - b.id);
  const lengths = steps.map((each) => Math.max(1, between(each.createdAt, each.updatedAt)));
  const sum = lengths.reduce((total, each) => total + each, 0);
  const longest = Math.max(...lengths, 1);
  // With one long step, the others share what is left of the width.
  const compressed = longest / sum > MOST_OF_ONE && steps.length > 1;
  const others = sum - longest || 1;
  const widths = lengths.map((each) =>
    compressed
      ? each === longest
        ? MOST_OF_ONE
        : (each / others) * (1 - MOST_OF_ONE)
      : each / sum,
  );
  return (
    <ol className={styles.fall} aria-label={t("executions:waterfall")}>
      {steps.map((job, n) => {
        const before = widths.slice(0, n).reduce((total, each) => total + each, 0);
        return (
          <li key={job.id}>
            <button
              type="button"
              className={styles.row}
              aria-pressed={selected === job.nodeKey}
              onClick={() => onSelect(job.nodeKey)}
            >
              <span className={styles.label}>{titles[job.nodeKey] ?? job.nodeKey}</span>
              <span className={styles.track}>
                <span
                  className={styles.bar}
                  data-tone={stateOf(job.status).tone}
                  data-waits={waits.has(job.nodeKey) || undefined}
                  style={{ left: `${before * 100}%`, width: `${(widths[n] ?? 0) * 100}%` }}
                />
              </span>
              <span className={styles.time}>
                {isActive(job.status) ? "…" : duration(between(job.createdAt, job.updatedAt))}
              </span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}
