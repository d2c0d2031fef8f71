import { useQuery } from "@tanstack/react-query";
import { call, type Row } from "../api";

export interface Button {
  id: number;
  collection: string;
  label: { en?: string; fr?: string };
  icon: string | null;
  style: "default" | "primary" | "danger";
  scope: "form" | "record" | "selection" | "table";
  visibleWhen: Record<string, unknown> | null;
  confirm: { en?: string; fr?: string } | null;
  workflows: { key: string; path: string }[];
  values: Record<string, unknown> | null;
}

export const useButtons = (table: string) =>
  useQuery({
    queryKey: ["buttons", table],
    queryFn: async () =>
      (await call<Button[]>("buttons:list", { query: { collection: table } })).data,
  }).data ?? [];

/** `wf_a,wf_b!category` */
export const triggers = (button: Button) =>
  button.workflows.map((each) => (each.path ? `${each.key}!${each.path}` : each.key)).join(",");

const empty = (value: unknown) => value === null || value === undefined || value === "";

function compare(operator: string, value: unknown, operand: unknown): boolean {
  switch (operator) {
    case "$eq":
      return value === operand;
    case "$ne":
      return value !== operand;
    case "$in":
      return Array.isArray(operand) && operand.includes(value);
    case "$notIn":
      return Array.isArray(operand) && !operand.includes(value);
    case "$gt":
      return !empty(value) && Number(value) > Number(operand);
    case "$gte":
      return !empty(value) && Number(value) >= Number(operand);
    case "$lt":
      return !empty(value) && Number(value) < Number(operand);
    case "$lte":
      return !empty(value) && Number(value) <= Number(operand);
    case "$includes":
      return String(value ?? "")
        .toLowerCase()
        .includes(String(operand).toLowerCase());
    case "$empty":
      return empty(value);
    case "$notEmpty":
      return !empty(value);
    case "$isTruly":
      return value === true;
    case "$isFalsy":
      return !value;
    default:
      return true;
  }
}

/** Whether a record passes a filter, as far as a page can tell: what it cannot, passes. */
export function passes(filter: Record<string, unknown> | null | undefined, row: Row): boolean {
  return Object.entries(filter ?? {}).every(([name, operand]) => {
    const parts = Array.isArray(operand) ? (operand as Record<string, unknown>[]) : [];
    if (name === "$and") return parts.every((each) => passes(each, row));
    if (name === "$or") return parts.length === 0 || parts.some((each) => passes(each, row));
    const [path = "", dotted] = name.split(".$");
    const value = path
      .split(".")
      .reduce<unknown>((at, step) => (at as Row | null | undefined)?.[step], row);
    if (dotted) return compare(`$${dotted}`, value, operand);
    if (typeof operand !== "object" || operand === null) return compare("$eq", value, operand);
    return Object.entries(operand).every(([operator, each]) => compare(operator, value, each));
  });
}
