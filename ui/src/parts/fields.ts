/** What the page knows about a field: how it shows, and whether people may fill it in. */
import type { Collection, Field, Row } from "../api";

export type Kind =
  | "text"
  | "long"
  | "number"
  | "boolean"
  | "moment"
  | "day"
  | "time"
  | "select"
  | "multiple"
  | "json"
  | "one"
  | "many";

const NUMBERS = new Set([
  "integer",
  "bigInt",
  "float",
  "double",
  "real",
  "decimal",
  "sort",
  "snowflakeId",
]);
const ONE = new Set(["belongsTo", "hasOne"]);
const MANY = new Set(["hasMany", "belongsToMany", "belongsToArray"]);
const SYSTEM = new Set([
  "createdAt",
  "updatedAt",
  "createdBy",
  "updatedBy",
  "createdById",
  "updatedById",
]);

export const optionsOf = (field: Field) =>
  (field.uiSchema?.enum ?? []).map((each) => ({
    value: String(each.value),
    label: each.label || String(each.value),
  }));

export function kindOf(field: Field): Kind {
  if (ONE.has(field.type)) return "one";
  if (MANY.has(field.type)) return "many";
  const listed = optionsOf(field).length > 0;
  if (field.type === "array" || field.type === "set") return listed ? "multiple" : "json";
  if (field.type === "json" || field.type === "jsonb") return "json";
  if (listed) return "select";
  if (field.type === "boolean" || field.type === "radio") return "boolean";
  if (field.type === "dateOnly") return "day";
  if (field.type === "time") return "time";
  if (field.type.startsWith("date") || field.type === "unixTimestamp") return "moment";
  if (NUMBERS.has(field.type)) return "number";
  return field.type === "text" ? "long" : "text";
}

export function keyName(collection: Collection): string {
  const key = collection.filterTargetKey;
  if (typeof key === "string") return key;
  return key?.[0] ?? collection.fields.find((each) => each.primaryKey)?.name ?? "id";
}

/** All that a person may look at; the keys behind associations show as the associations. */
export const shownFields = (collection: Collection) =>
  collection.fields.filter(
    (each) => !each.hidden && !each.isForeignKey && each.type !== "password",
  );

/** The grid's columns: the field that names a record comes first. */
export function columnsOf(collection: Collection): Field[] {
  const columns = shownFields(collection).filter((each) => kindOf(each) !== "many");
  const first = titleField(collection);
  return first ? [first, ...columns.filter((each) => each !== first)] : columns;
}

export const titleField = (collection: Collection): Field | undefined =>
  shownFields(collection).find((each) => each.name === collection.titleField) ??
  shownFields(collection).find((each) => kindOf(each) === "text" && !SYSTEM.has(each.name)) ??
  collection.fields.find((each) => each.primaryKey);

export function titleOfRecord(collection: Collection | undefined, row: Row): string {
  const field = collection && titleField(collection);
  const value = field ? row[field.name] : (row.title ?? row.name ?? row.nickname);
  return String(value ?? row[collection ? keyName(collection) : "id"] ?? "");
}

export const mayFill = (field: Field) =>
  !SYSTEM.has(field.name) && !field.primaryKey && !field.autoIncrement && field.type !== "sort";

export const associationNames = (collection: Collection) =>
  shownFields(collection)
    .filter((each) => kindOf(each) === "one")
    .map((each) => each.name);

/** What a form sends for a value that the page holds. */
export function toSend(field: Field, value: unknown, target: Collection | undefined): unknown {
  if (kindOf(field) === "one" && typeof value === "object" && value !== null)
    return (value as Row)[field.targetKey || (target ? keyName(target) : "id")];
  return value === "" ? null : value;
}
