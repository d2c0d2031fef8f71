import { MultiSelect, NumberInput, Select, Switch, Textarea, TextInput } from "@mantine/core";
import type { Field, Row } from "../api";
import { timeZone } from "../i18n";
import { fromWallClock, toWallClock } from "../i18n/zone";
import { kindOf, optionsOf } from "../parts/fields";
import { JsonField } from "../parts/form/JsonField";
import { RelationPicker } from "./RelationPicker";

interface Props {
  field: Field;
  value: unknown;
  label: string;
  error?: string;
  autoFocus?: boolean;
  onChange: (value: unknown) => void;
}

function local(value: unknown): string {
  if (!value) return "";
  const at = new Date(typeof value === "number" ? value * 1000 : String(value));
  return toWallClock(at, timeZone.chosen);
}

/** The control that fills in a field of this type. */
export function Input({ field, value, label, error, autoFocus, onChange }: Props) {
  const text = value === null || value === undefined ? "" : String(value);
  const same = { "aria-label": label, error, autoFocus, name: field.name };
  switch (kindOf(field)) {
    case "number":
      return (
        <NumberInput
          {...same}
          value={text}
          hideControls
          onChange={(next) => onChange(next === "" ? null : next)}
        />
      );
    case "boolean":
      return (
        <Switch
          {...same}
          checked={value === true}
          onChange={(e) => onChange(e.currentTarget.checked)}
        />
      );
    case "select":
      return (
        <Select
          {...same}
          searchable
          clearable
          value={text || null}
          data={optionsOf(field)}
          onChange={(next) =>
            onChange(
              field.uiSchema?.enum?.find((each) => String(each.value) === next)?.value ?? null,
            )
          }
        />
      );
    case "multiple":
      return (
        <MultiSelect
          {...same}
          value={Array.isArray(value) ? value.map(String) : []}
          data={optionsOf(field)}
          onChange={onChange}
        />
      );
    case "moment":
      return (
        <TextInput
          {...same}
          type="datetime-local"
          value={local(value)}
          onChange={(e) => {
            const next = e.currentTarget.value;
            onChange(next ? fromWallClock(next, timeZone.chosen).toISOString() : null);
          }}
        />
      );
    case "day":
      return (
        <TextInput
          {...same}
          type="date"
          value={text}
          onChange={(e) => onChange(e.currentTarget.value || null)}
        />
      );
    case "time":
      return (
        <TextInput
          {...same}
          type="time"
          value={text}
          onChange={(e) => onChange(e.currentTarget.value || null)}
        />
      );
    case "json":
      return <JsonField label={null} value={value} onChange={onChange} />;
    case "one":
      return (
        <RelationPicker
          target={field.target ?? ""}
          label={label}
          error={error}
          value={value as Row | null}
          onChange={onChange}
        />
      );
    case "long":
      return (
        <Textarea
          {...same}
          autosize
          minRows={2}
          value={text}
          onChange={(e) => onChange(e.currentTarget.value)}
        />
      );
    default:
      return <TextInput {...same} value={text} onChange={(e) => onChange(e.currentTarget.value)} />;
  }
}
