import { NumberInput } from "@mantine/core";
import { shown } from "./shown";
import { asText, type WidgetProps } from "./types";
import { VariableField } from "./VariableField";

/** A number, or a template that becomes one. */
export function NumberField(props: WidgetProps) {
  const { field, value, onChange, context } = props;
  if (typeof value === "string" && value.includes("{{"))
    return (
      <VariableField
        {...shown(props)}
        value={value}
        onChange={onChange}
        variables={context.variables}
      />
    );
  return (
    <NumberInput
      {...shown(props)}
      min={field.schema.minimum}
      max={field.schema.maximum}
      value={asText(value)}
      onChange={(typed) => onChange(typed === "" ? null : typed)}
    />
  );
}
