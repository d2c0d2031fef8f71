import { Switch } from "@mantine/core";
import { shown } from "./shown";
import type { WidgetProps } from "./types";

/** Yes or no. */
export function SwitchField(props: WidgetProps) {
  const { label, description, error } = shown(props);
  return (
    <Switch
      label={label}
      description={description}
      error={error}
      aria-invalid={error ? true : undefined}
      checked={props.value === true}
      onChange={(event) => props.onChange(event.currentTarget.checked)}
    />
  );
}
