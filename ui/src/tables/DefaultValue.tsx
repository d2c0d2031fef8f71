import { MultiSelect, NumberInput, Select, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Field } from "../api";
import { timeZone } from "../i18n";
import { fromWallClock, toWallClock } from "../i18n/zone";
import { JsonField } from "../parts/form/JsonField";
import { asText } from "../parts/form/types";
import { keptChoices } from "./Choices";

interface Props {
  field: Field;
  /** What kind of values the field's type has. */
  kind: string;
  onChange: (value: unknown) => void;
}

const INPUTS: Record<string, string> = { date: "date", time: "time", moment: "datetime-local" };
const EXACT = new Set(["decimal", "bigInt"]);

function wallClock(value: string): string {
  const at = new Date(value);
  return Number.isNaN(at.getTime()) ? "" : toWallClock(at, timeZone.chosen);
}

/** What a new record has where nobody says anything; null: nothing. */
export function DefaultValue({ field, kind, onChange }: Props) {
  const { t } = useTranslation();
  const value = field.defaultValue;
  const same = { label: t("tables:default"), description: t("tables:defaultHint") };
  const choices = keptChoices(field.uiSchema?.enum ?? []);
  const data = choices.map((each) => ({ value: String(each.value), label: each.label }));
  const chosen = (text: string | null) =>
    choices.find((each) => String(each.value) === text)?.value ?? null;
  if (kind === "array" && data.length > 0)
    return (
      <MultiSelect
        {...same}
        data={data}
        value={Array.isArray(value) ? value.map(String) : []}
        onChange={(next) => onChange(next.length > 0 ? next.map(chosen) : null)}
      />
    );
  if (kind === "array" || kind === "json")
    return <JsonField {...same} value={value} onChange={onChange} />;
  if (data.length > 0)
    return (
      <Select
        {...same}
        clearable
        data={data}
        value={asText(value) || null}
        onChange={(next) => onChange(chosen(next))}
      />
    );
  if (kind === "boolean")
    return (
      <Select
        {...same}
        data={["", "true", "false"].map((each) => ({
          value: each,
          label: t(`tables:default.${each || "none"}`),
        }))}
        value={asText(value)}
        onChange={(next) => onChange(next ? next === "true" : null)}
      />
    );
  if (kind === "number")
    return (
      <NumberInput
        {...same}
        value={asText(value)}
        hideControls
        onChange={(next) =>
          onChange(next === "" ? null : EXACT.has(field.type) ? String(next) : next)
        }
      />
    );
  if (INPUTS[kind]) {
    // Only of a moment with a zone is the text of the control not what is stored.
    const zoned = kind === "moment" && field.type !== "datetimeNoTz";
    const shown = asText(value);
    return (
      <TextInput
        {...same}
        type={INPUTS[kind]}
        value={zoned && shown ? wallClock(shown) : shown.replace(" ", "T")}
        onChange={(event) => {
          const next = event.currentTarget.value;
          onChange(
            next ? (zoned ? fromWallClock(next, timeZone.chosen).toISOString() : next) : null,
          );
        }}
      />
    );
  }
  const Control = field.type === "text" ? Textarea : TextInput;
  return (
    <Control
      {...same}
      value={asText(value)}
      onChange={(event) => onChange(event.currentTarget.value || null)}
    />
  );
}
