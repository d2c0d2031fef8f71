import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, call } from "../api";
import type { FieldChange } from "./changes";

export type Step = { state: "todo" | "running" | "done" } | { state: "failed"; error: unknown };

const TODO: Step = { state: "todo" };

const send = (fields: string, change: FieldChange, match: string | null) =>
  change.do === "add"
    ? call(`${fields}:create`, { body: change.field, match })
    : change.do === "update"
      ? call(`${fields}:update/${change.name}`, { body: change.patch, match })
      : call(`${fields}:destroy/${change.name}`, { body: {}, match });

/** Applies changes one after the other, until one fails; `run` again goes on with that one. */
export function useApply(
  table: string,
  changes: FieldChange[],
  etag: string | null,
  onApplied: (done: FieldChange[]) => Promise<void>,
) {
  const queries = useQueryClient();
  // What was reviewed: reading the table again must not make an old review look like a new one.
  const [base, setBase] = useState(etag);
  const [steps, setSteps] = useState<Step[]>(() => changes.map(() => TODO));
  const run = useMutation({
    mutationFn: async () => {
      let match = base;
      const now = [...steps];
      const put = (place: number, step: Step) => {
        now[place] = step;
        setSteps([...now]);
      };
      for (const [place, change] of changes.entries()) {
        if (now[place]?.state === "done") continue;
        put(place, { state: "running" });
        try {
          match = (await send(`collections/${table}/fields`, change, match)).etag;
          setBase(match);
          put(place, { state: "done" });
        } catch (error) {
          put(place, { state: "failed", error });
          break;
        }
      }
      await queries.invalidateQueries({ queryKey: ["collections"] });
      const done = changes.filter((_, place) => now[place]?.state === "done");
      await onApplied(done);
      return done.length === changes.length;
    },
  });
  const failed = steps.find((each) => each.state === "failed");
  return {
    run,
    steps,
    done: steps.filter((each) => each.state === "done").length,
    /** Somebody else changed the table after it was read. */
    conflict: failed?.error instanceof ApiError && failed.error.status === 412,
  };
}
