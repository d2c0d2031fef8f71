import { TagsInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { local } from "../../i18n";
import type { WidgetProps } from "./types";

/** What one may choose from; Enter adds what is typed. */
export function OptionsField({ field, value, onChange, error }: WidgetProps) {
  const { t } = useTranslation();
  return (
    <TagsInput
      label={local(field.title)}
      description={t("form:optionsHint")}
      required
      error={error}
      flex="1 1 100%"
      value={Array.isArray(value) ? value.map(String) : []}
      onChange={onChange}
    />
  );
}
