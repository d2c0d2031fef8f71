/** Where each step is drawn: a workflow lays itself out, nobody drags boxes.  Pure. */
import { type Branch, ERROR_BRANCH, type Place, type Step } from "./tree.ts";

export const WIDTH = 264;
const GAP_X = 48;
const GAP_Y = 58;
const BRANCH_Y = 14;
const JOIN_Y = 8;
/** The dashed place of an empty branch, or of the end of a sequence. */
export const SPOT = 20;

export interface Placed {
  id: string;
  /** A step, or a spot where only a `+` is drawn. */
  step: Step | null;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Line {
  id: string;
  source: string;
  target: string;
  label?: string;
  /** Where a step goes that is inserted on this line; null: nowhere. */
  place: Place | null;
  /** From a branch's end to what comes after all branches. */
  joins: boolean;
  /** The branch that it leads into. */
  branch?: number;
}

export const heightOf = (step: Step) => (step.detail || step.problem ? 80 : 50);

interface Tail {
  id: string;
  label?: string;
  place: Place | null;
  joins?: boolean;
  branch?: number;
}

/** Whether the steps behind it come straight after it, with only an error branch at their side. */
const goesStraightOn = (branches: Branch[]) =>
  branches.every((each) => each.index === ERROR_BRANCH);

/** Steps behind a trigger, drawn from `(0, 0)` downwards around the middle. */
export function layout(trigger: Step, steps: Step[]): { placed: Placed[]; lines: Line[] } {
  const placed: Placed[] = [];
  const lines: Line[] = [];
  const widths = new Map<Step, number>();

  const sequenceWidth = (sequence: Step[]): number => Math.max(WIDTH, ...sequence.map(stepWidth));
  function stepWidth(step: Step): number {
    const known = widths.get(step);
    if (known !== undefined) return known;
    const branches = step.branches ?? [];
    const inner = branches.reduce((sum, each) => sum + sequenceWidth(each.steps), 0);
    const beside = branches.length > 0 && goesStraightOn(branches);
    const width = beside
      ? 2 * (SPOT / 2 + GAP_X + inner)
      : Math.max(WIDTH, inner + GAP_X * Math.max(0, branches.length - 1));
    widths.set(step, width);
    return width;
  }

  function connect(tails: Tail[], target: string): void {
    for (const tail of tails)
      lines.push({
        id: `${tail.id}>${target}${tail.branch === undefined ? "" : `:${tail.branch}`}`,
        source: tail.id,
        target,
        label: tail.label,
        place: tail.place,
        joins: tail.joins ?? false,
        branch: tail.branch,
      });
  }

  function spot(id: string, centre: number, y: number): void {
    placed.push({ id, step: null, x: centre - SPOT / 2, y, width: SPOT, height: SPOT });
  }

  function draw(sequence: Step[], centre: number, top: number, from: Tail[]) {
    let y = top;
    let tails = from;
    for (const step of sequence) {
      const height = heightOf(step);
      placed.push({ id: step.key, step, x: centre - WIDTH / 2, y, width: WIDTH, height });
      connect(tails, step.key);
      y += height + GAP_Y;
      tails = [{ id: step.key, place: { upstreamId: step.id, branchIndex: null } }];
      if (!step.branches?.length) continue;
      const beside = goesStraightOn(step.branches);
      let x = beside ? centre + SPOT / 2 + GAP_X : centre - stepWidth(step) / 2;
      let bottom = y;
      const ends: Tail[] = beside ? [{ id: step.key, place: null, joins: true }] : [];
      for (const branch of step.branches) {
        const width = sequenceWidth(branch.steps);
        const middle = x + width / 2;
        const { index, label, unused } = branch;
        const head = unused ? null : { upstreamId: step.id, branchIndex: index };
        const start: Tail = { id: step.key, label, place: head, branch: index };
        if (branch.steps.length === 0) {
          const id = `${step.key}/${index}`;
          spot(id, middle, y + BRANCH_Y);
          connect([start], id);
          ends.push({ id, place: head, joins: true });
          bottom = Math.max(bottom, y + BRANCH_Y + SPOT + GAP_Y / 2);
        } else {
          const end = draw(branch.steps, middle, y + BRANCH_Y, [start]);
          ends.push(...end.tails.map((each) => ({ ...each, joins: true })));
          bottom = Math.max(bottom, end.bottom);
        }
        x += width + GAP_X;
      }
      // Where the branches meet again there is a place of its own, behind the branching step.
      const join = `${step.key}/join`;
      y = bottom + JOIN_Y;
      spot(join, centre, y);
      connect(ends, join);
      y += SPOT + GAP_Y / 2;
      tails = [{ id: join, place: { upstreamId: step.id, branchIndex: null } }];
    }
    return { bottom: y, tails };
  }

  const first: Step = { ...trigger, branches: undefined, id: null };
  const end = draw([first, ...steps], 0, 0, []);
  spot("end", 0, end.bottom - GAP_Y / 2);
  connect(end.tails, "end");
  return { placed, lines };
}
