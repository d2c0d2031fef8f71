import { Group, TextInput } from "@mantine/core";
import { LANGUAGES } from "../../i18n";
import { asObject, asText, type WidgetProps } from "./types";

/** What something is called in each language. */
export function LabelsField({ value, onChange, context }: WidgetProps) {
  const labels = asObject(value);
  return (
    <Group grow gap={6} wrap="nowrap" flex="1 1 100%">
      {Object.entries(LANGUAGES).map(([code, language]) => (
        <TextInput
          key={code}
          label={language}
          lang={code}
          error={context.errors?.[code]}
          value={asText(labels[code])}
          onChange={(event) => onChange({ ...labels, [code]: event.currentTarget.value })}
        />
      ))}
    </Group>
  );
}
