/** Changes to a table's fields that wait to be reviewed and applied.  Pure. */
import type { Field } from "../api";

/** The options that change, with their new values; null clears one. */
export type Patch = Record<string, unknown>;

export type FieldChange =
  | { do: "add"; field: Field }
  | { do: "update"; name: string; patch: Patch }
  | { do: "drop"; name: string };

export const named = (change: FieldChange) =>
  change.do === "add" ? change.field.name : change.name;

/** JSON in which the order of an object's keys does not show. */
const text = (value: unknown) =>
  JSON.stringify(value ?? null, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );

/** What has to change for a field to become another. */
export function patchOf(before: Field, after: Field): Patch {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return Object.fromEntries(
    [...names]
      .filter((name) => text(before[name]) !== text(after[name]))
      .map((name) => [name, after[name] ?? null]),
  );
}

/** The fields as they will be. */
export function applied(fields: Field[], changes: FieldChange[]): Field[] {
  let found = fields;
  for (const change of changes) {
    if (change.do === "add") found = [...found, change.field];
    else if (change.do === "drop") found = found.filter((each) => each.name !== change.name);
    else
      found = found.map((each) =>
        each.name === change.name ? { ...each, ...change.patch } : each,
      );
  }
  return found;
}

/** One more change: what is added and dropped again was never there. */
export function withChange(changes: FieldChange[], next: FieldChange): FieldChange[] {
  const before = changes.filter((each) => named(each) !== named(next));
  const added = changes.find((each) => each.do === "add" && named(each) === named(next));
  if (next.do === "drop") return added ? before : [...before, next];
  if (next.do === "update" && Object.keys(next.patch).length === 0) return before;
  return [...before, next];
}

/** Whether a change still means what it meant, now that the table has these fields. */
export function stillApplies(fields: Field[], change: FieldChange): boolean {
  const there = fields.some((each) => each.name === named(change));
  return change.do === "add" ? !there : there;
}
