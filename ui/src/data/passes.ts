/** Whether a record that the page holds passes a filter, as the server would say.  Pure. */
import { toWallClock } from "../i18n/zone.ts";

type Values = Record<string, unknown>;

const isEmpty = (value: unknown) =>
  value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);

const text = (value: unknown) => String(value ?? "").toLowerCase();

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** `2026-03-14` of a day, or of the day in which a moment lies. */
function day(value: unknown, zone: string | undefined): string {
  const given = String(value ?? "");
  const known = given.length > 10 && !Number.isNaN(Date.parse(given));
  return known ? toWallClock(new Date(given), zone).slice(0, 10) : given;
}

function compare(
  operator: string,
  value: unknown,
  operand: unknown,
  zone: string | undefined,
): boolean {
  const there = !isEmpty(value);
  const on = day(value, zone);
  const wanted = day(operand, zone);
  switch (operator) {
    case "$eq":
      return String(value ?? "") === String(operand ?? "");
    case "$ne":
      return String(value ?? "") !== String(operand ?? "");
    case "$in":
      return list(operand).map(String).includes(String(value));
    case "$notIn":
      return !list(operand).map(String).includes(String(value));
    case "$anyOf":
      return list(operand).some((each) => list(value).includes(each));
    case "$noneOf":
      return !list(operand).some((each) => list(value).includes(each));
    case "$gt":
      return there && Number(value) > Number(operand);
    case "$gte":
      return there && Number(value) >= Number(operand);
    case "$lt":
      return there && Number(value) < Number(operand);
    case "$lte":
      return there && Number(value) <= Number(operand);
    case "$includes":
      return text(value).includes(text(operand));
    case "$notIncludes":
      return !text(value).includes(text(operand));
    case "$startsWith":
      return text(value).startsWith(text(operand));
    case "$endsWith":
      return text(value).endsWith(text(operand));
    case "$dateOn":
      return there && on === wanted;
    case "$dateNotOn":
      return on !== wanted;
    case "$dateBefore":
      return there && on < wanted;
    case "$dateAfter":
      return there && on > wanted;
    case "$dateNotBefore":
      return there && on >= wanted;
    case "$dateNotAfter":
      return there && on <= wanted;
    case "$empty":
      return !there;
    case "$notEmpty":
      return there;
    case "$isTruly":
      return value === true;
    case "$isFalsy":
      return value !== true;
    default:
      // The server has more operators than the page offers: what it cannot tell, passes.
      return true;
  }
}

export function passes(filter: Values | null | undefined, row: Values, zone?: string): boolean {
  return Object.entries(filter ?? {}).every(([name, operand]) => {
    const parts = list(operand) as Values[];
    if (name === "$and") return parts.every((each) => passes(each, row, zone));
    if (name === "$or") return parts.length === 0 || parts.some((each) => passes(each, row, zone));
    const [path = "", dotted] = name.split(".$");
    const value = path
      .split(".")
      .reduce<unknown>((at, step) => (at as Values | null | undefined)?.[step], row);
    if (dotted) return compare(`$${dotted}`, value, operand, zone);
    if (typeof operand !== "object" || operand === null)
      return compare("$eq", value, operand, zone);
    return Object.entries(operand).every(([operator, each]) =>
      compare(operator, value, each, zone),
    );
  });
}
