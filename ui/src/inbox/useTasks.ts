import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type ApiError, call } from "../api";
import { isOpen, type Task, type Values } from "./task";

const PAGE_SIZE = 50;
const LOOKED_AT_EVERY_MILLISECONDS = 15_000;

/** The tasks of who is signed in, the newest first: those that wait, or those that are done. */
export function useTasks(done: boolean) {
  const list = useInfiniteQuery({
    queryKey: ["tasks", "list", done],
    initialPageParam: 1,
    refetchInterval: LOOKED_AT_EVERY_MILLISECONDS,
    refetchOnWindowFocus: "always",
    queryFn: async ({ pageParam }) => {
      const filter = { status: done ? { $ne: 0 } : 0 };
      const query = { filter, page: pageParam, pageSize: PAGE_SIZE };
      const { data, meta } = await call<Task[]>("workflowManualTasks:listMine", { query });
      return { tasks: data, next: pageParam < (meta?.totalPage ?? 1) ? pageParam + 1 : undefined };
    },
    getNextPageParam: (last) => last.next,
  });
  return { ...list, tasks: list.data?.pages.flatMap((each) => each.tasks) };
}

/** One task, also where the list does not show it. */
export const useTask = (id: number | undefined) =>
  useQuery({
    queryKey: ["tasks", "one", id],
    enabled: id !== undefined,
    queryFn: async () => (await call<Task>(`workflowManualTasks:get/${id}`)).data,
  });

export interface Answer {
  action: string;
  values: Values;
}

/** Answers a task; `onAnswered` is told when it waits for nobody any more. */
export function useAnswer(task: Task, onAnswered: () => void) {
  const queries = useQueryClient();
  return useMutation<Task, ApiError, Answer>({
    mutationFn: async ({ action, values }) => {
      const body = { result: { form: values, _: action } };
      return (await call<Task>(`workflowManualTasks:submit/${task.id}`, { body })).data;
    },
    onSuccess: (answered) => {
      queries.setQueryData(["tasks", "one", task.id], answered);
      if (!isOpen(answered)) onAnswered();
    },
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ["tasks"] }),
        queries.invalidateQueries({ queryKey: ["records"] }),
      ]),
  });
}
