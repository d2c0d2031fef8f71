/** Executions and jobs as the API shows them. */
import type { Row } from "../api";

export interface Job {
  id: number;
  nodeId: number | null;
  nodeKey: string;
  status: number | null;
  result: unknown;
  error: string | null;
  log: string | null;
  attempt: number | null;
  iteration: number | null;
  createdAt: string | null;
  updatedAt: string | null;
}

export interface Execution extends Row {
  id: number;
  workflowId: number;
  key: string;
  status: number | null;
  reason: string | null;
  context?: {
    data?: unknown;
    user?: { id: number; nickname?: string; email?: string } | null;
    roleName?: string | null;
  };
  output?: unknown;
  manually: boolean | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  workflow?: {
    id: number;
    key: string;
    title: string | null;
    config?: { collection?: string };
  } | null;
  jobs?: Job[];
}

/** Rows by id: those given last are how they are now; the newest come first. */
export function merged<T extends { id: number }>(known: T[], changed: T): T[] {
  const at = known.findIndex((each) => each.id === changed.id);
  if (at < 0) return [changed, ...known].sort((a, b) => b.id - a.id);
  return known.map((each, n) => (n === at ? { ...each, ...changed } : each));
}
