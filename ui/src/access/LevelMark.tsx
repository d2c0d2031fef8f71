import type { Level } from "./permissions";

/** A level as a sign: a line, half a disc, a ring with a core, or a whole disc. */
export function LevelMark({ level }: { level: Level }) {
  return (
    <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" fill="currentColor">
      {level === "none" ? (
        <rect x="3" y="6.25" width="8" height="1.5" rx="0.75" />
      ) : (
        <circle cx="7" cy="7" r="5.25" fill="none" stroke="currentColor" strokeWidth="1.5" />
      )}
      {level === "own" && <path d="M7 1.5a5.5 5.5 0 0 0 0 11z" />}
      {level === "some" && <circle cx="7" cy="7" r="2.5" />}
      {level === "all" && <circle cx="7" cy="7" r="5" />}
    </svg>
  );
}
