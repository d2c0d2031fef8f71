import { MultiSelect } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { shown } from "./shown";
import type { WidgetProps } from "./types";

/** What can be chosen where the schema does not list it. */
const KNOWN: Record<string, (string | number)[]> = {
  actions: ["create", "update", "destroy"],
  statuses: [1, -1, -2, -3, -4, -5],
};

/** Some of the values that the field's list can have. */
export function Choices(props: WidgetProps) {
  const { t } = useTranslation();
  const { field, value, onChange } = props;
  const choices = field.schema.items?.enum ?? KNOWN[field.widget] ?? [];
  return (
    <MultiSelect
      {...shown(props)}
      value={Array.isArray(value) ? value.map(String) : []}
      data={choices.map((each) => ({
        value: String(each),
        label: t(`form:choice.${field.name}.${each}`, { defaultValue: String(each) }),
      }))}
      onChange={(chosen) => onChange(choices.filter((each) => chosen.includes(String(each))))}
    />
  );
}
