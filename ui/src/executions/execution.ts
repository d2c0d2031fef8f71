/** Executions and jobs as the API shows them. */
import type { Row } from "../api";
import type { Person } from "../parts/person";

export interface Job {
  id: number;
  nodeId: number | null;
  nodeKey: string;
  status: number | null;
  result: unknown;
  error: string | null;
  meta?: {
    until?: string | null;
    retryAt?: string | null;
    /** The job of an earlier execution that this one repeats: its step was not run again. */
    keptFrom?: number;
  } | null;
  log: string | null;
  attempt: number | null;
  iteration: number | null;
  createdAt: string | null;
  updatedAt: string | null;
}

/** The last turn of a node that is on record. */
export interface StepReached {
  nodeKey: string;
  title: string | null;
  type: string | null;
  status: number;
}

export interface Execution extends Row {
  id: number;
  workflowId: number;
  key: string;
  status: number | null;
  reason: string | null;
  context?: {
    data?: unknown;
    user?: Person | null;
    roleName?: string | null;
  };
  output?: unknown;
  collection: string | null;
  recordKey: string | null;
  action: string | null;
  userId: number | null;
  user?: Person | null;
  step?: StepReached | null;
  manually: boolean | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  /** Of which execution this one is a repetition. */
  rerunOfId?: number | null;
  /** Which execution started it, by what it wrote. */
  causeExecutionId?: number | null;
  /** The executions that led to it, each with the step that started the next; the first first. */
  stack?: { executionId: number; key: string; nodeKey: string | null }[] | null;
  laneKey?: string | null;
  workflow?: {
    id: number;
    key: string;
    title: string | null;
    version?: { number: number } | null;
  } | null;
  jobs?: Job[];
  /** It came while the page was open. */
  arrived?: boolean;
}

/** Rows by id: those given last are how they are now; the newest come first. */
export function merged<T extends { id: number }>(known: T[], changed: T): T[] {
  const at = known.findIndex((each) => each.id === changed.id);
  if (at < 0) return [changed, ...known].sort((a, b) => b.id - a.id);
  return known.map((each, n) => (n === at ? { ...each, ...changed } : each));
}
