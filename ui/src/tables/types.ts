/** The types that a field can have, in the order in which people look for them. */

export interface FieldType {
  type: string;
  group: "basic" | "relation" | "special";
  /** Options that the type's form asks for besides those of every field. */
  asks?: ("choices" | "target" | "through" | "foreignKey" | "otherKey")[];
}

export const FIELD_TYPES: FieldType[] = [
  { type: "string", group: "basic", asks: ["choices"] },
  { type: "text", group: "basic" },
  { type: "integer", group: "basic" },
  { type: "bigInt", group: "basic" },
  { type: "double", group: "basic" },
  { type: "decimal", group: "basic" },
  { type: "boolean", group: "basic" },
  { type: "date", group: "basic" },
  { type: "dateOnly", group: "basic" },
  { type: "time", group: "basic" },
  { type: "belongsTo", group: "relation", asks: ["target", "foreignKey"] },
  { type: "hasOne", group: "relation", asks: ["target", "foreignKey"] },
  { type: "hasMany", group: "relation", asks: ["target", "foreignKey"] },
  {
    type: "belongsToMany",
    group: "relation",
    asks: ["target", "through", "foreignKey", "otherKey"],
  },
  { type: "belongsToArray", group: "relation", asks: ["target", "foreignKey"] },
  { type: "set", group: "special", asks: ["choices"] },
  { type: "array", group: "special" },
  { type: "json", group: "special" },
  { type: "uuid", group: "special" },
  { type: "nanoid", group: "special" },
  { type: "uid", group: "special" },
  { type: "password", group: "special" },
  { type: "float", group: "special" },
  { type: "datetimeNoTz", group: "special" },
  { type: "unixTimestamp", group: "special" },
  { type: "snowflakeId", group: "special" },
];

/** A name for calls and code, made of a title. */
export function nameFrom(title: string): string {
  const plain = title
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-zA-Z0-9]+(.)?/g, (_, next: string | undefined) => (next ?? "").toUpperCase());
  return plain.charAt(0).toLowerCase() + plain.slice(1);
}
