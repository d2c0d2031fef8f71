import { useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "../api";
import { useMe } from "../queries";
import type { Execution } from "./execution";

export interface Change {
  action: "cancel" | "again" | "destroy";
  executions: Pick<Execution, "id">[];
}

/** Cancels executions, deletes them, or executes them again with the input that they had. */
export function useChanges(onDone: (started: number[]) => void) {
  const queries = useQueryClient();
  const { data: me } = useMe();

  async function again(id: number): Promise<number> {
    const { data } = await call<Execution>(`executions:get/${id}`);
    const { data: input, user, roleName } = data.context ?? {};
    const body = { data: input, userId: user?.id ?? me?.id, roleName };
    const path = `workflows:execute/${data.workflowId}`;
    return (await call<{ execution: { id: number } }>(path, { body })).data.execution.id;
  }

  return useMutation({
    mutationFn: async ({ action, executions }: Change) => {
      const ids = executions.map((each) => each.id);
      const started: number[] = [];
      if (action === "destroy")
        await call("executions:destroy", { body: {}, query: { filterByTk: JSON.stringify(ids) } });
      for (const id of action === "destroy" ? [] : ids) {
        if (action === "cancel") await call(`executions:cancel/${id}`, { body: {} });
        else started.push(await again(id));
      }
      return started;
    },
    onSuccess: onDone,
    onSettled: () => queries.invalidateQueries({ queryKey: ["executions"] }),
  });
}
