/** What happens to executions, as it happens: server-sent events into the query cache. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type Row, search, session } from "./api";

export type Connection = "connecting" | "open" | "lost";

const RETRY_MILLISECONDS = 2_000;

interface Handlers {
  onExecution: (row: Row) => void;
  onJob?: (row: Row) => void;
  /** Too much has changed to tell it one by one. */
  onReset: () => void;
}

/** Listens while the component is there; comes back by itself, from where it was. */
export function useLive(filter: object, { onExecution, onJob, onReset }: Handlers): Connection {
  const [state, setState] = useState<Connection>("connecting");
  const wanted = JSON.stringify(filter);
  // Handlers only write into the query cache, which stays the same.
  const queries = useQueryClient();

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new stream for a new filter only
  useEffect(() => {
    let source: EventSource | null = null;
    let timer: number | undefined;
    let last = "";
    let stopped = false;

    function open() {
      const query = { filter: wanted, token: session.token, role: session.role, lastEventId: last };
      source = new EventSource(`/api/executions:stream${search(query)}`);
      const told = (apply: (row: Row) => void) => (event: MessageEvent<string>) => {
        if (event.lastEventId) last = event.lastEventId;
        apply(JSON.parse(event.data) as Row);
      };
      source.onopen = () => setState("open");
      source.addEventListener("execution", told(onExecution));
      source.addEventListener(
        "job",
        told((row) => onJob?.(row)),
      );
      source.addEventListener("reset", onReset);
      source.onerror = () => {
        // The browser's own retry keeps an old token; ours takes the present one.
        source?.close();
        if (stopped) return;
        setState("lost");
        timer = window.setTimeout(open, RETRY_MILLISECONDS);
      };
    }
    open();
    return () => {
      stopped = true;
      source?.close();
      window.clearTimeout(timer);
    };
  }, [wanted, queries]);
  return state;
}
