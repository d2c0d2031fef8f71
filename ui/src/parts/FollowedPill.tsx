import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { call, type Row } from "../api";
import { useLive } from "../live";
import { isActive, stateOf } from "./executionState";
import { Pill } from "./Pill";

/** The state of an execution, until it has ended. */
export function FollowedPill({ id }: { id: number }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const renew = () => {
    void queries.invalidateQueries({ queryKey: ["executions", "state", id] });
    // What it does may change the records that the page shows.
    void queries.invalidateQueries({ queryKey: ["records"] });
  };
  const connection = useLive({ id }, { onExecution: renew, onReset: renew });
  const { data } = useQuery({
    // It is read again once the stream is open: it may have ended before.
    queryKey: ["executions", "state", id, connection],
    placeholderData: keepPreviousData,
    queryFn: async () =>
      (await call<Row>(`executions:get/${id}`, { query: { fields: ["id", "status", "reason"] } }))
        .data,
  });
  const status = data?.status as number | null | undefined;
  const { tone, word } = stateOf(status, data?.reason as string | null | undefined);
  return (
    <Pill tone={tone} live={isActive(status)}>
      {t(`executions:state.${word}`)}
    </Pill>
  );
}
