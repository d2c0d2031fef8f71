import { useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "../api";
import { useLive } from "../live";
import { type Execution, type Job, merged } from "./execution";

const APPENDS = ["jobs", "workflow", "workflow.version", "user"];

/** One execution with its jobs, as it goes on. */
export function useExecution(id: number) {
  const queries = useQueryClient();
  const key = ["executions", "one", id];
  const query = useQuery({
    queryKey: key,
    queryFn: async () =>
      (await call<Execution | null>(`executions:get/${id}`, { query: { appends: APPENDS } })).data,
  });
  const put = (change: (old: Execution) => Execution) =>
    queries.setQueryData<Execution | null>(key, (old) => old && change(old));
  const connection = useLive(
    { id },
    {
      onExecution: (row) => put((old) => ({ ...old, ...(row as Execution), jobs: old.jobs })),
      onJob: (row) =>
        put((old) => ({ ...old, jobs: merged(old.jobs ?? [], row as unknown as Job) })),
      onReset: () => void query.refetch(),
    },
  );
  return { ...query, connection };
}
