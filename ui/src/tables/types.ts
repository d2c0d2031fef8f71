/** The kinds of fields that people look for, in their order: a type, or one use of a type. */
import type { TFunction } from "i18next";
import { local } from "../i18n";
import type { FieldType } from "../queries";

export type Group = "basic" | "relation" | "special";

export interface Kind {
  type: string;
  interface?: string;
  group: Group;
}

/** Uses of a type that have a name of their own here. */
const NAMED = new Set(["select", "multipleSelect", "email", "url", "phone"]);

const ORDER: Kind[] = [
  { type: "string", group: "basic" },
  { type: "text", group: "basic" },
  { type: "double", group: "basic" },
  { type: "integer", group: "basic" },
  { type: "decimal", group: "basic" },
  { type: "boolean", group: "basic" },
  { type: "date", group: "basic" },
  { type: "dateOnly", group: "basic" },
  { type: "time", group: "basic" },
  { type: "string", interface: "select", group: "basic" },
  { type: "set", interface: "multipleSelect", group: "basic" },
  { type: "belongsTo", group: "relation" },
  { type: "hasOne", group: "relation" },
  { type: "hasMany", group: "relation" },
  { type: "belongsToMany", group: "relation" },
  { type: "belongsToArray", group: "relation" },
  { type: "string", interface: "email", group: "special" },
  { type: "string", interface: "url", group: "special" },
  { type: "string", interface: "phone", group: "special" },
  { type: "json", group: "special" },
  { type: "array", group: "special" },
  { type: "password", group: "special" },
];

/** Interfaces by which one text can be shown; a field may go from one to the other. */
export const USES_OF_TEXT = ["input", "select", "email", "url", "phone"];

/** Interfaces whose values are chosen from a list. */
export const CHOOSING = new Set(["select", "radioGroup", "multipleSelect", "checkboxGroup"]);

/** What can be added: all that the server knows, those that nobody ranked last. */
export function kindsOf(types: FieldType[]): Kind[] {
  const known = ORDER.filter((kind) => types.some((each) => each.type === kind.type));
  const others = types.filter((each) => !ORDER.some((kind) => kind.type === each.type));
  return [
    ...known,
    ...others.map(
      (each): Kind => ({ type: each.type, group: each.association ? "relation" : "special" }),
    ),
  ];
}

interface Typed {
  type: string;
  interface?: string | null;
}

const typeOf = (types: FieldType[], of: Typed) => types.find((each) => each.type === of.type);

/** What people call the type of a field. */
export const labelOf = (t: TFunction, types: FieldType[], of: Typed) =>
  NAMED.has(of.interface ?? "")
    ? t(`tables:as.${of.interface}`)
    : local(typeOf(types, of)?.label) || of.type;

export const aboutOf = (t: TFunction, types: FieldType[], of: Typed) =>
  NAMED.has(of.interface ?? "")
    ? t(`tables:asAbout.${of.interface}`)
    : local(typeOf(types, of)?.description);
