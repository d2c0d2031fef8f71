/** What happens to executions, as it happens: server-sent events into the query cache. */
import { useEffect, useRef, useState } from "react";
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
export function useLive(filter: object, handlers: Handlers): Connection {
  const [state, setState] = useState<Connection>("connecting");
  const wanted = JSON.stringify(filter);
  // The stream stays while the page of a list changes, so it calls the handlers of now.
  const present = useRef(handlers);
  useEffect(() => {
    present.current = handlers;
  });

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
      source.onopen = () => {
        setState("open");
        // Without a place to resume from, what happened since the page was read is read again.
        if (!last) present.current.onReset();
      };
      source.addEventListener(
        "execution",
        told((row) => present.current.onExecution(row)),
      );
      source.addEventListener(
        "job",
        told((row) => present.current.onJob?.(row)),
      );
      source.addEventListener("reset", () => present.current.onReset());
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
  }, [wanted]);
  return state;
}
