import { local } from "../../i18n";
import type { WidgetProps } from "./types";

/** What every control shows of its field. */
export const shown = ({ field, error }: WidgetProps) => ({
  label: local(field.title),
  description: field.description ? local(field.description) : undefined,
  required: field.required,
  error,
});
