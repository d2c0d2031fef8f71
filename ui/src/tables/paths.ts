/** Where a workflow's record is, as seen from the record of a button.  Pure. */
import type { Collection, Field } from "../api";

export interface Path {
  /** The names of associations, joined by dots; empty: the record itself. */
  path: string;
  /** The table that it leads to. */
  target: string;
  fields: Field[];
}

const MOST = 200;

const leads = (collection: Collection | undefined) =>
  (collection?.fields ?? []).filter((each) => each.target && each.target !== "users");

/** The associations of a table, and those that each of them leads on to. */
export function pathsFrom(collection: Collection, collections: Collection[]): Path[] {
  const one = leads(collection).map((field) => step("", [], field));
  const two = one.flatMap((first) =>
    leads(collections.find((each) => each.name === first.target)).map((field) =>
      step(`${first.path}.`, first.fields, field),
    ),
  );
  return [...one, ...two].slice(0, MOST);
}

const step = (before: string, fields: Field[], field: Field): Path => ({
  path: `${before}${field.name}`,
  target: field.target ?? "",
  fields: [...fields, field],
});
