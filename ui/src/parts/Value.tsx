import { Check } from "lucide-react";
import type { Collection, Field, Row } from "../api";
import { format } from "../i18n";
import { kindOf, optionsOf, titleOfRecord } from "./fields";
import { Pill } from "./Pill";
import { RecordLink } from "./RecordLink";

/** A field's value, as its type is read best. */
export function Value({
  field,
  value,
  target,
  linked,
}: {
  field: Field;
  value: unknown;
  target?: Collection;
  /** A record leads to its page; not where the value stands in a button. */
  linked?: boolean;
}) {
  if (value === null || value === undefined || value === "") return null;
  const labels = new Map(optionsOf(field).map((each) => [each.value, each.label]));
  const said = (each: unknown) => labels.get(String(each)) ?? String(each);
  switch (kindOf(field)) {
    case "number":
      return field.primaryKey || typeof value !== "number" ? String(value) : format.number(value);
    case "boolean":
      return value ? <Check size={14} aria-label="✓" /> : null;
    case "select":
      return <Pill>{said(value)}</Pill>;
    case "multiple":
      return Array.isArray(value)
        ? value.map((each) => <Pill key={String(each)}>{said(each)}</Pill>)
        : null;
    case "day":
      return format.day(String(value).slice(0, 10));
    case "moment": {
      const at = typeof value === "number" ? new Date(value * 1000).toISOString() : String(value);
      return (
        <time dateTime={at} title={format.moment(at)}>
          {format.date(at)}
        </time>
      );
    }
    case "one":
      if (typeof value !== "object") return String(value);
      return linked ? (
        <RecordLink target={target} row={value as Row} />
      ) : (
        titleOfRecord(target, value as Row)
      );
    case "json":
      return <span className="mono">{JSON.stringify(value)}</span>;
    default:
      return String(value);
  }
}
