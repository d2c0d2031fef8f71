import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { shown } from "./shown";
import type { WidgetProps } from "./types";

/** One of the values that the field can have. */
export function Choice(props: WidgetProps) {
  const { t } = useTranslation();
  const { field, value, onChange } = props;
  const choices = field.schema.enum ?? (field.widget === "direction" ? ["asc", "desc"] : []);
  return (
    <Select
      {...shown(props)}
      value={value === null || value === undefined ? null : String(value)}
      data={choices.map((each) => ({
        value: String(each),
        label: t(`form:choice.${field.name}.${each}`, { defaultValue: String(each) }),
      }))}
      onChange={(chosen) => onChange(choices.find((each) => String(each) === chosen))}
    />
  );
}
