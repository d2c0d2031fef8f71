import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Answered, call } from "../api";
import { useLive } from "../live";
import { isActive } from "../parts/executionState";
import { type Execution, merged, type StepReached } from "./execution";
import { type Asked, isAskedFor, SIZES, toFilter, toLiveFilter } from "./filters";

const APPENDS = ["workflow", "workflow.version", "user", "step"];
const STEPS_MILLISECONDS = 3_000;
const MOST_HELD = 99;

const NOTHING: Execution[] = [];

/** One page of the list as it is now, and what has come that it does not show yet. */
export function useExecutions(asked: Asked, { scrolled }: { scrolled: boolean }) {
  const queries = useQueryClient();
  const page = asked.page ?? 1;
  const size = asked.size && SIZES.includes(asked.size) ? asked.size : 50;
  const filter = toFilter(asked);
  const key = ["executions", "list", filter, page, size];
  const place = JSON.stringify(key);
  const [held, setHeld] = useState({ place, rows: NOTHING });
  const news = held.place === place ? held.rows : NOTHING;
  const hold = (rows: Execution[]) => setHeld({ place, rows });
  const query = useQuery({
    queryKey: key,
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const answer = await call<Execution[]>("executions:list", {
        query: {
          filter,
          page,
          pageSize: size,
          sort: ["-id"],
          except: ["context", "output"],
          appends: APPENDS,
        },
      });
      hold(NOTHING);
      return answer;
    },
  });
  const rows = query.data?.data ?? NOTHING;
  const put = (changed: Execution[]) =>
    queries.setQueryData<Answered<Execution[]>>(
      key,
      (old) => old && { ...old, data: changed.reduce(merged, old.data).slice(0, size) },
    );
  const belongs = (told: Execution) =>
    isAskedFor(asked, told) && (rows.length < size || told.id > (rows.at(-1)?.id ?? 0));
  const connection = useLive(toLiveFilter(asked), {
    onExecution: (row) => {
      const told = row as Execution;
      // Those that are shown stay in their place: a row that leaves is lost to who looks at it.
      if (rows.some((each) => each.id === told.id)) put([told]);
      else if (news.some((each) => each.id === told.id)) hold(merged(news, told));
      else if (page === 1 && belongs(told)) {
        if (!scrolled) put([{ ...told, arrived: true }]);
        else if (news.length < MOST_HELD) hold(merged(news, told));
      }
    },
    onReset: () => void query.refetch(),
  });
  const active = rows.filter((each) => isActive(each.status)).map((each) => each.id);
  // The stream tells of beginnings and ends; where those at work are, only a look says.
  const { data: steps } = useQuery({
    queryKey: ["executions", "steps", active],
    enabled: active.length > 0,
    refetchInterval: STEPS_MILLISECONDS,
    queryFn: async () =>
      (
        await call<{ id: number; step: StepReached | null }[]>("executions:list", {
          query: {
            filter: { id: { $in: active } },
            fields: ["id"],
            appends: ["step"],
            pageSize: active.length,
          },
        })
      ).data,
  });
  const reached = new Map(steps?.map((each) => [each.id, each.step]));
  return {
    ...query,
    connection,
    size,
    page,
    rows: rows.map((each) => ({ ...each, step: reached.get(each.id) ?? each.step })),
    news: news.length,
    showNews: () => {
      put(news.map((each) => ({ ...each, arrived: true })));
      hold(NOTHING);
    },
  };
}
