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

/** What a message says of single fields: `options.flow.key: …; options.timeout: …`. */
export function errorsOf(message: string, prefix: string): Record<string, string> {
  const found: Record<string, string> = {};
  const escaped = prefix.replaceAll(".", "\\.");
  const said = new RegExp(`(?:^|[;.:] *)${escaped}([\\w.]+): (.*?)(?=; ${escaped}|$)`, "gs");
  for (const [, path = "", words = ""] of message.matchAll(said)) found[path] = words;
  return found;
}
