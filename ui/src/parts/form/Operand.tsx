import { MultiSelect, NumberInput, Select, TagsInput, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Field } from "../../api";
import { choicesOf, needsSeveral } from "./filter";
import { asText, type VariableSource } from "./types";
import { VariableField } from "./VariableField";

interface Props {
  field: Field | undefined;
  /** What values the field's type has: `number`, `moment`, `text`. */
  kind: string | undefined;
  operator: string;
  value: unknown;
  variables: VariableSource[];
  onChange: (value: unknown) => void;
}

const INPUTS: Record<string, string> = { moment: "date", date: "date", time: "time" };

/** The control for what a condition compares with. */
export function Operand({ field, kind, operator, value, variables, onChange }: Props) {
  const { t } = useTranslation();
  const label = t("form:value");
  const same = { "aria-label": label, placeholder: label };
  const text = asText(value);
  const choices = choicesOf(field);
  const data = choices.map((each) => ({
    value: String(each.value),
    label: each.label || String(each.value),
  }));
  const chosen = (key: string | null) =>
    choices.find((each) => String(each.value) === key)?.value ?? key ?? "";
  // Where there are variables, any value may be one.
  if (variables.length > 0 || text.includes("{{"))
    return (
      <VariableField ariaLabel={label} value={text} variables={variables} onChange={onChange} />
    );
  if (needsSeveral(operator)) {
    const listed = Array.isArray(value) ? value.map(String) : [];
    if (data.length > 0)
      return (
        <MultiSelect
          {...same}
          comboboxProps={{ withinPortal: false }}
          data={data}
          value={listed}
          onChange={(keys) => onChange(keys.map(chosen))}
        />
      );
    const typed = (each: string) => (kind === "number" && each !== "" ? Number(each) : each);
    return (
      <TagsInput
        {...same}
        comboboxProps={{ withinPortal: false }}
        value={listed}
        onChange={(parts) => onChange(parts.map(typed).filter((each) => !Number.isNaN(each)))}
      />
    );
  }
  if (data.length > 0)
    return (
      <Select
        {...same}
        comboboxProps={{ withinPortal: false }}
        data={data}
        value={text || null}
        onChange={(key) => onChange(chosen(key))}
      />
    );
  if (kind === "number")
    return <NumberInput {...same} hideControls value={text} onChange={onChange} />;
  return (
    <TextInput
      {...same}
      type={INPUTS[kind ?? ""] ?? "text"}
      value={text}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
