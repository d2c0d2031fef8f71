/** Widgets in which something is written: text, text with variables, an expression. */
import { TextInput } from "@mantine/core";
import { shown } from "./shown";
import { asText, type WidgetProps } from "./types";
import { VariableField } from "./VariableField";

export function PlainText(props: WidgetProps) {
  return (
    <TextInput
      {...shown(props)}
      value={asText(props.value)}
      onChange={(event) => props.onChange(event.currentTarget.value)}
    />
  );
}

const written = (props: WidgetProps) => ({
  ...shown(props),
  value: asText(props.value),
  onChange: props.onChange,
  variables: props.context.variables,
});

export function Template(props: WidgetProps) {
  return <VariableField {...written(props)} />;
}

export function TemplateText(props: WidgetProps) {
  return <VariableField {...written(props)} rows={3} />;
}

/** The names by which an expression knows the variables of templates. */
const inExpression = (path: string) =>
  path
    .replace("$context", "context")
    .replace("$jobsMapByNodeKey", "jobs")
    .replace("$system", "system");

export function Expression(props: WidgetProps) {
  return <VariableField {...written(props)} mono rows={3} write={inExpression} />;
}
