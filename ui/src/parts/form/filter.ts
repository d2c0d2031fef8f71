/** Filters as rows of field, operator and value. */
import type { Field } from "../../api";
import { asObject } from "./types";

/** The operators that have words; which of them a field has, the server says. */
const OPERATORS = [
  "$eq",
  "$ne",
  "$gt",
  "$gte",
  "$lt",
  "$lte",
  "$in",
  "$notIn",
  "$includes",
  "$notIncludes",
  "$startsWith",
  "$endsWith",
  "$anyOf",
  "$noneOf",
  "$isTruly",
  "$isFalsy",
  "$dateOn",
  "$dateNotOn",
  "$dateBefore",
  "$dateAfter",
  "$dateNotBefore",
  "$dateNotAfter",
  "$empty",
  "$notEmpty",
] as const;
const COMPARES = new Set(["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$notIn"]);
/** Where one of these is, the comparisons would only say the same in a harder way. */
const BETTER = ["$dateOn", "$anyOf", "$isTruly"];
const WITHOUT_VALUE = new Set(["$empty", "$notEmpty", "$isTruly", "$isFalsy"]);
const SEVERAL = new Set(["$in", "$notIn", "$anyOf", "$noneOf"]);

export type Kind = "$and" | "$or";

export interface Condition {
  name: string;
  operator: string;
  value: unknown;
}

export const needsValue = (operator: string) => !WITHOUT_VALUE.has(operator);
export const needsSeveral = (operator: string) => SEVERAL.has(operator);

/** Which operators to offer for a field whose type has these. */
export function offered(has: readonly string[] | undefined): string[] {
  if (!has) return [...OPERATORS];
  const better = BETTER.some((each) => has.includes(each));
  return OPERATORS.filter((each) => has.includes(each) && !(better && COMPARES.has(each)));
}

/** The rows that a filter stands for; null: it says more than rows can. */
export function toRows(filter: unknown): { kind: Kind; rows: Condition[] } | null {
  if (filter === null || filter === undefined) return { kind: "$and", rows: [] };
  const given = asObject(filter);
  const keys = Object.keys(given);
  const kind = keys.length === 1 && keys[0] === "$or" ? "$or" : "$and";
  const listed = keys.length === 1 && (keys[0] === "$and" || keys[0] === "$or");
  const parts = listed ? given[kind] : keys.map((key) => ({ [key]: given[key] }));
  if (!Array.isArray(parts)) return null;
  const rows: Condition[] = [];
  for (const part of parts) {
    const [[path, operand] = ["", null], ...others] = Object.entries(asObject(part));
    if (others.length > 0 || path === "" || path.startsWith("$")) return null;
    const [name = "", dotted] = path.split(".$");
    if (dotted) rows.push({ name, operator: `$${dotted}`, value: operand });
    else {
      const [[operator, value] = ["$eq", operand], ...more] = Object.entries(asObject(operand));
      if (more.length > 0 || (!operator.startsWith("$") && typeof operand === "object"))
        return null;
      rows.push(
        typeof operand === "object" && operand !== null
          ? { name, operator, value }
          : { name, operator: "$eq", value: operand },
      );
    }
  }
  return rows.every(
    ({ operator, value }) =>
      (OPERATORS as readonly string[]).includes(operator) &&
      // A span such as "the past week" has no row.
      (typeof value !== "object" || value === null || needsSeveral(operator)),
  )
    ? { kind, rows }
    : null;
}

export const toFilter = (kind: Kind, rows: Condition[]) =>
  rows.length === 0
    ? null
    : {
        [kind]: rows.map((row) => ({
          [row.name]: { [row.operator]: needsValue(row.operator) ? row.value : true },
        })),
      };

const isEmpty = (value: unknown) =>
  value === "" || value === null || (Array.isArray(value) && value.length === 0);

/** The filter without the rows that nobody has filled in yet. */
export function complete(
  filter: Record<string, unknown> | undefined,
): Record<string, unknown> | undefined {
  const known = filter && toRows(filter);
  if (!known) return filter;
  const filled = known.rows.filter(
    ({ operator, value }) => !needsValue(operator) || !isEmpty(value),
  );
  return filled.length === known.rows.length ? filter : (toFilter(known.kind, filled) ?? undefined);
}

export const choicesOf = (field: Field | undefined) => field?.uiSchema?.enum ?? [];
