import { useMutation, useQueryClient } from "@tanstack/react-query";
import { call, type Query } from "../api";

/** To cancel, to run again from the failed step or from the start, or to delete. */
export type Action = "cancel" | "failed" | "start" | "destroy";

export interface Change {
  action: Action;
  /** Their ids, or all that match a filter. */
  which: number[] | object;
  /** In the newest version, instead of in the one that they had. */
  newest?: boolean;
}

export interface Done {
  action: Action;
  /** The ids of those that were started. */
  started: number[];
  /** Those that were left out, and why. */
  skipped: { id: number; reason: string }[];
  /** There are more that match than one call takes. */
  more: boolean;
}

interface Rerun {
  data: { id: number; rerunOfId: number }[];
  meta?: { skipped?: Done["skipped"]; more?: boolean };
}

/** Cancels executions, deletes them, or runs them again. */
export function useChanges(onDone: (done: Done) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ action, which, newest }: Change): Promise<Done> => {
      const query = chosen(which);
      const nothing = { action, started: [], skipped: [], more: false };
      if (action === "destroy" || action === "cancel") {
        await call(`executions:${action}`, { body: {}, query });
        return nothing;
      }
      const body = { from: action, revision: newest ? "newest" : "same" };
      const { data, meta } = (await call("executions:rerun", { body, query })) as Rerun;
      return { ...nothing, ...meta, started: data.map((each) => each.id) };
    },
    onSuccess: onDone,
    onSettled: () => queries.invalidateQueries({ queryKey: ["executions"] }),
  });
}

function chosen(which: Change["which"]): Query {
  if (!Array.isArray(which)) return { filter: which };
  return { filterByTk: which.length === 1 ? String(which[0]) : JSON.stringify(which) };
}
