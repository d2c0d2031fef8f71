import { Select } from "@mantine/core";
import { shown } from "./shown";
import { asText, type WidgetProps } from "./types";

/** One of the workflow's variables, by the node that declares it. */
export function VariableChoice(props: WidgetProps) {
  return (
    <Select
      {...shown(props)}
      clearable
      value={asText(props.value) || null}
      data={props.context.nodes
        .filter((each) => each.type === "variable")
        .map((each) => ({ value: each.key, label: each.title }))}
      onChange={props.onChange}
    />
  );
}
