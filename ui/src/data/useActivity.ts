import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Collection, call, type Row } from "../api";
import { useLive } from "../live";
import { mayManage, useAbilities } from "../queries";

const STEP = 20;
const MOST = 100;

export interface Change {
  id: number;
  action: "update" | "destroy";
  createdAt: string;
  user: { nickname: string | null; username: string | null } | null;
  executionId: number | null;
  changes: { field: string; from: unknown; to: unknown }[];
}

export interface Started extends Row {
  id: number;
  key: string;
  status: number | null;
  reason: string | null;
  createdAt: string;
  workflow?: { title: string | null } | null;
}

export type Happened =
  | { kind: "change"; at: string; change: Change }
  | { kind: "execution"; at: string; execution: Started };

/** What happened to a record, newest first, and the executions that it started. */
export function useActivity(collection: Collection, id: string) {
  const queries = useQueryClient();
  const [size, setSize] = useState(STEP);
  const table = collection.name;
  const watches = mayManage(useAbilities().data, "pm.workflow.workflows");
  const filter = { collection: table, recordKey: id };
  const changes = useQuery({
    queryKey: ["records", table, "changes", id, size],
    queryFn: () =>
      call<Change[]>("record-changes:list", { query: { filter, sort: "-id", pageSize: size } }),
  });
  const started = useQuery({
    queryKey: ["executions", "of", table, id, size],
    enabled: watches,
    queryFn: () =>
      call<Started[]>("executions:list", {
        query: {
          filter,
          sort: "-id",
          pageSize: size,
          except: ["context", "output"],
          appends: ["workflow"],
        },
      }),
  });
  const happened: Happened[] = [
    ...(changes.data?.data ?? []).map((change) => ({
      kind: "change" as const,
      at: change.createdAt,
      change,
    })),
    ...(started.data?.data ?? []).map((execution) => ({
      kind: "execution" as const,
      at: execution.createdAt,
      execution,
    })),
  ].sort((one, other) => other.at.localeCompare(one.at));
  const more = [changes, started].some(({ data }) => (data?.data.length ?? 0) >= size);
  return {
    happened,
    watches,
    filter,
    error: changes.error ?? started.error,
    isPending: changes.isPending,
    /** What the executions do may change the record, too. */
    renew: () => {
      void queries.invalidateQueries({ queryKey: ["executions", "of", table, id] });
      void queries.invalidateQueries({ queryKey: ["records", table] });
    },
    showMore: more && size < MOST ? () => setSize(size + STEP) : undefined,
  };
}

/** Follows the executions that a record starts. */
export function Follow({ filter, onEvent }: { filter: object; onEvent: () => void }) {
  useLive(filter, { onExecution: onEvent, onReset: onEvent });
  return null;
}
