/** Changes to a table's fields that wait to be reviewed and applied.  Pure. */
import type { Field } from "../api";

export type FieldChange =
  | { do: "add"; field: Field }
  | { do: "update"; name: string; field: Field }
  | { do: "drop"; name: string };

const named = (change: FieldChange) => (change.do === "add" ? change.field.name : change.name);

/** The fields as they will be. */
export function applied(fields: Field[], changes: FieldChange[]): Field[] {
  let found = fields;
  for (const change of changes) {
    if (change.do === "add") found = [...found, change.field];
    else if (change.do === "drop") found = found.filter((each) => each.name !== change.name);
    else found = found.map((each) => (each.name === change.name ? change.field : each));
  }
  return found;
}

/** One more change: what is added and dropped again was never there. */
export function withChange(changes: FieldChange[], next: FieldChange): FieldChange[] {
  const before = changes.filter((each) => named(each) !== named(next));
  const added = changes.find((each) => each.do === "add" && each.field.name === named(next));
  if (next.do === "drop") return added ? before : [...before, next];
  if (next.do === "update" && added) return [...before, { do: "add", field: next.field }];
  return [...before, next];
}
