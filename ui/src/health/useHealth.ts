import { useQuery } from "@tanstack/react-query";
import { ApiError, call } from "../api";
import { mayManage, useAbilities } from "../queries";

/** What of one workflow waits. */
export interface Waiting {
  key: string;
  title: string | null;
  waiting: number;
  oldestWaitingSeconds: number | null;
}

/** A process; all but its name, its executions and its life is unknown where its row is gone. */
export interface Worker {
  owner: string;
  executions: number;
  alive: boolean;
  host?: string | null;
  pid?: number | null;
  kind?: string | null;
  version?: string | null;
  startedAt?: string | null;
  seenAt?: string | null;
}

export interface Health {
  database: string;
  version: string;
  queue: { waiting: number; oldestWaitingSeconds: number | null; workflows?: Waiting[] };
  executions: { running: number; scheduled: number };
  workers: Worker[];
  streams: number;
}

const REFRESH_MILLISECONDS = 5_000;

export function useHealth() {
  const { data: abilities } = useAbilities();
  const health = useQuery({
    queryKey: ["health"],
    enabled: mayManage(abilities, "pm.system-settings"),
    refetchInterval: REFRESH_MILLISECONDS,
    queryFn: async () => (await call<Health>("system:health")).data,
  });
  return { ...health, gone: health.error instanceof ApiError && health.error.status === 503 };
}
