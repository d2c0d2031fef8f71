import { useEffect, useState } from "react";

const MILLISECONDS = 1_000;

/** Draws the component again each second while something goes on: durations tick. */
export function useTick(active: boolean): void {
  const [, tick] = useState(0);
  useEffect(() => {
    if (!active) return;
    const timer = window.setInterval(() => tick((n) => n + 1), MILLISECONDS);
    return () => window.clearInterval(timer);
  }, [active]);
}
