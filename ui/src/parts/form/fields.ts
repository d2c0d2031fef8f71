/** Which fields of a form are asked for, and where.  Pure. */
import { asObject, type Config, type TypeField } from "./types.ts";

/** What these fields say matters only where the value beside them says so. */
const ONLY_WHERE: Record<string, (said: (name: string) => unknown) => boolean> = {
  association: (said) => said("associated") === true,
  delay: (said) => said("attempts") !== 1,
  maxDelay: (said) => said("attempts") !== 1,
  retryOn: (said) => said("attempts") !== 1,
  debounce: (said) => said("mode") === "debounce",
  options: (said) => said("type") === "select",
  deadlineStatus: (said) => Boolean(said("deadline")),
};

/** Whether a field is asked for beside what the others have. */
export function applies(field: TypeField, fields: TypeField[], value: Config): boolean {
  if (field.widget === "hidden") return false;
  // Of the two ways to write a condition, the one that its engine reads.
  if (field.widget === "conditions") return (value.engine ?? "basic") === "basic";
  if (field.widget === "expression" && "calculation" in value) return value.engine === "cel";
  if (field.widget === "expression" && value.engine === "basic") return false;
  const said = (name: string) =>
    value[name] ?? fields.find((each) => each.name === name)?.default ?? null;
  return ONLY_WHERE[field.name]?.(said) ?? true;
}

/** The fields in their order, and those that are folded away, by section. */
export function sectionsOf(fields: TypeField[]) {
  const names = [...new Set(fields.flatMap((each) => each.section ?? []))];
  return {
    plain: fields.filter((each) => each.section === null),
    folded: names.map((name) => fields.filter((each) => each.section === name)),
  };
}

/** Whether a value says no more than the field does when it is left alone. */
export function isDefault(field: TypeField, value: unknown): boolean {
  if (value === null || value === undefined) return true;
  const parts = field.fields;
  if (parts && !Array.isArray(value))
    return parts.every((part) => isDefault(part, asObject(value)[part.name]));
  return JSON.stringify(value) === JSON.stringify(field.default);
}

/** What is said of the fields of a part: `flow.key` is `key` within `flow`. */
export const errorsWithin = (errors: Record<string, string> | undefined, part: string) =>
  Object.fromEntries(
    Object.entries(errors ?? {}).flatMap(([path, said]) =>
      path.startsWith(`${part}.`) ? [[path.slice(part.length + 1), said]] : [],
    ),
  );

/** Where one stands who looks for `place`: the deepest field that is asked for on the way to it. */
function fieldAt(fields: TypeField[], value: Config, place: string[]): string[] | null {
  const [name = "", ...rest] = place;
  const field = fields.find((each) => each.name === name && applies(each, fields, value));
  if (!field) return null;
  if (!field.fields || rest.length === 0) return [name];
  const [first = "", ...deeper] = rest;
  const held = value[name];
  if (!Array.isArray(held)) return [name, ...(fieldAt(field.fields, asObject(held), rest) ?? [])];
  const inside = fieldAt(field.fields, asObject(held[Number(first)]), deeper);
  return inside ? [name, first, ...inside] : [name];
}

/** What was said of a field, without its name, which stands beside it. */
const withoutName = (said: string) => {
  const words = said.replace(/^"[\w.]+"\s*(?::\s*)?/, "");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

export interface Placed {
  /** What stands beside a field, by its path. */
  errors: Record<string, string>;
  /** What has no field here. */
  others: string[];
}

/** Puts what a server says of a body's part, `config` or `options`, beside the fields of its form. */
export function placed(
  issues: { message: string; field?: string }[],
  part: string,
  fields: TypeField[],
  value: Config,
): Placed {
  const found: Placed = { errors: {}, others: [] };
  for (const { message, field } of issues) {
    const [first, ...place] = field?.split(".") ?? [];
    const at = first === part && place.length > 0 ? fieldAt(fields, value, place) : null;
    if (at === null) found.others.push(message);
    else found.errors[at.join(".")] ??= withoutName(message);
  }
  return found;
}
