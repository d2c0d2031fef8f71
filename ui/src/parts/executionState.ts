/** What the numbers of an execution's or a job's status mean. */
import type { Tone } from "./Pill";

const STATES: Record<string, { tone: Tone; word: string }> = {
  null: { tone: "run", word: "queued" },
  "0": { tone: "run", word: "running" },
  "1": { tone: "ok", word: "succeeded" },
  "-1": { tone: "bad", word: "failed" },
  "-2": { tone: "bad", word: "error" },
  "-3": { tone: "plain", word: "aborted" },
  "-4": { tone: "plain", word: "canceled" },
  "-5": { tone: "bad", word: "rejected" },
  "-6": { tone: "warn", word: "retry" },
};

/** Why an execution was left out before it had begun; then its status is -4. */
export const SKIPPED = ["loop", "chain_too_long", "already_running", "superseded"];

/** `t("executions:state." + word)` says it. */
export function stateOf(status: number | null | undefined, reason?: string | null) {
  if (status === -4 && reason && SKIPPED.includes(reason))
    return { tone: "plain" as Tone, word: "skipped" };
  return STATES[String(status ?? null)] ?? { tone: "plain" as Tone, word: "unknown" };
}

export const isActive = (status: number | null | undefined) =>
  status === null || status === undefined || status === 0;

/** `4:08`, `12 ms`, `1.4 s`: short, and of one form for one size. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  const seconds = Math.floor(milliseconds / 1_000);
  const parts = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((each, n) => (n ? String(each).padStart(2, "0") : String(each))).join(":");
}

export const between = (from: string | null | undefined, to: string | null | undefined): number =>
  from ? new Date(to ?? Date.now()).getTime() - new Date(from).getTime() : 0;
