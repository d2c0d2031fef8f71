/** Which lines an execution went along.  Pure. */
import type { Line } from "./layout.ts";
import { ERROR_BRANCH } from "./tree.ts";

export interface Course {
  /** A step had its turn; `end`: the execution came to its end. */
  went: (key: string) => boolean;
  /** A step's turn ended in a failure. */
  failed: (key: string) => boolean;
}

/** The ids of the lines that were travelled. */
export function travelled(lines: Line[], { went, failed }: Course): Set<string> {
  const from = (id: string) => lines.filter((each) => each.source === id);
  const into = (id: string) => lines.filter((each) => each.target === id);

  // Where branches meet, nothing is noted: the execution came by if it went on from there.
  const reached = (id: string): boolean =>
    isSpot(id) ? from(id).some((line) => reached(line.target)) : went(id);
  /** The empty branch that was taken, which only the others tell: none of their steps had a turn. */
  function tookEmpty(step: string): boolean {
    const heads = from(step).filter((line) => (line.branch ?? ERROR_BRANCH) !== ERROR_BRANCH);
    const filled = heads.filter((line) => !isSpot(line.target));
    return heads.length - filled.length === 1 && !filled.some((line) => went(line.target));
  }
  function took(line: Line): boolean {
    const { source, target, branch } = line;
    if (isSpot(source)) return reached(target) && (isJoin(source) || into(source).some(took));
    if (!went(source) || !reached(target)) return false;
    if (branch === ERROR_BRANCH) return failed(source);
    if (branch !== undefined) return !failed(source) && (!isSpot(target) || tookEmpty(source));
    return !(failed(source) && from(source).some((each) => each.branch === ERROR_BRANCH));
  }
  return new Set(lines.filter(took).map((each) => each.id));
}

const isSpot = (id: string) => id.includes("/");
const isJoin = (id: string) => id.endsWith("/join");
