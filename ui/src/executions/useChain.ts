import { useQuery } from "@tanstack/react-query";
import { call } from "../api";
import { isActive } from "../parts/executionState";
import type { Execution } from "./execution";

const MOST = 50;

export interface Related {
  id: number;
  key: string;
  status: number | null;
  reason: string | null;
  action: string | null;
  manually: boolean | null;
  workflow?: { title: string | null } | null;
}

const related = async (filter: object) =>
  (
    await call<Related[]>("executions:list", {
      query: {
        filter,
        sort: ["id"],
        pageSize: MOST,
        fields: ["id", "key", "status", "reason", "action", "manually"],
        appends: ["workflow"],
      },
    })
  ).data;

/** What led to an execution, what it started in turn, and its repetitions. */
export function useChain(execution: Execution) {
  const { id, status, stack } = execution;
  const ids = (stack ?? []).map((each) => each.executionId);
  const keys = (stack ?? []).flatMap((each) => each.nodeKey ?? []);
  // What an execution starts, it starts while it is at work.
  const place = [id, isActive(status)];
  const causes = useQuery({
    queryKey: ["executions", "causes", ids],
    enabled: ids.length > 0,
    queryFn: () => related({ id: { $in: ids } }),
  });
  const steps = useQuery({
    queryKey: ["workflows", "titles", keys],
    enabled: keys.length > 0,
    queryFn: async () =>
      (
        await call<{ key: string; title: string | null }[]>("flow_nodes:list", {
          query: { filter: { key: { $in: keys } }, fields: ["key", "title"], pageSize: 200 },
        })
      ).data,
  });
  const started = useQuery({
    queryKey: ["executions", "started", ...place],
    enabled: execution.causeExecutionId !== undefined,
    queryFn: () => related({ causeExecutionId: id }),
  });
  const reruns = useQuery({
    queryKey: ["executions", "reruns", ...place],
    enabled: execution.rerunOfId !== undefined,
    queryFn: () => related({ rerunOfId: id }),
  });
  return {
    causes: causes.data ?? [],
    titleOf: (key: string) => steps.data?.find((each) => each.key === key)?.title || key,
    started: started.data ?? [],
    reruns: reruns.data ?? [],
    error: causes.error ?? steps.error ?? started.error ?? reruns.error,
  };
}
