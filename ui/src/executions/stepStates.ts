/** How the steps of an execution went. */
import type { TFunction } from "i18next";
import { format } from "../i18n";
import { between, duration, isActive, stateOf } from "../parts/executionState";
import type { StepState } from "../parts/flow/StepNode";
import type { Execution, Job } from "./execution";

/** The status of an attempt after which there is another. */
export const RETRY = -6;

/** Whether a job's node waits for its time, or for somebody. */
export const isWaiting = (job: Job | undefined) =>
  job?.status === 0 && job.meta?.until !== undefined;

export const wordOf = (job: Job | undefined) =>
  isWaiting(job) ? "waiting" : stateOf(job?.status).word;

/** Whether a step was not run again: its job is one of the execution that is repeated. */
export const isKept = (job: Job) => job.meta?.keptFrom !== undefined;

/** Whether there will be another attempt after this one. */
export const isRetried = (job: Job, status: number | null) =>
  isActive(status) && job.status === RETRY && Boolean(job.meta?.retryAt);

/** The jobs in the order in which they came about. */
export const inOrder = (jobs: Job[]) => [...jobs].sort((a, b) => a.id - b.id);

/** Whether a turn ended in a failure; an attempt that is followed by another is none yet. */
const isFailure = (status: number | null) => status !== null && status < 0 && status !== RETRY;

export function stepStates(
  steps: { key: string }[],
  execution: Execution,
  { attempts, pointed }: { attempts: Map<string, number>; pointed: string | null },
  t: TFunction,
): Record<string, StepState> {
  const { status, jobs = [] } = execution;
  const states: Record<string, StepState> = {
    trigger: { tone: "ok", label: t("executions:state.succeeded") },
    ...(status === 1 ? { end: { tone: "ok", label: t("executions:state.succeeded") } } : {}),
  };
  for (const { key } of steps) {
    const job = inOrder(jobs.filter((each) => each.nodeKey === key)).at(-1);
    states[key] = job
      ? {
          tone: stateOf(job.status).tone,
          live: isActive(job.status) || isRetried(job, status),
          kept: isKept(job),
          note: isRetried(job, status)
            ? t("executions:nextAttempt", {
                attempt: job.attempt ?? 1,
                attempts: attempts.get(key) ?? 1,
                at: format.soon(job.meta?.retryAt ?? ""),
              })
            : undefined,
          failed: isFailure(job.status),
          pointed: key === pointed,
          label: isKept(job)
            ? t("executions:kept")
            : job.status === 1
              ? duration(between(job.createdAt, job.updatedAt))
              : t(`executions:state.${wordOf(job)}`),
        }
      : { tone: "plain", label: "", muted: true };
  }
  return states;
}
