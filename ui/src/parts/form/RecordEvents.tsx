import { MultiSelect } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { shown } from "./shown";
import type { WidgetProps } from "./types";

/** What can happen to a record, each a bit of the number that the server keeps. */
const EVENTS = [
  [1, "create"],
  [2, "update"],
  [4, "destroy"],
] as const;

/** Which of them start a workflow. */
export function RecordEvents(props: WidgetProps) {
  const { t } = useTranslation();
  const bits = Number(props.value) || 0;
  return (
    <MultiSelect
      {...shown(props)}
      value={EVENTS.filter(([bit]) => bits & bit).map(([, name]) => name)}
      data={EVENTS.map(([, name]) => ({ value: name, label: t(`form:choice.actions.${name}`) }))}
      onChange={(chosen) =>
        props.onChange(
          EVENTS.reduce((sum, [bit, name]) => sum + (chosen.includes(name) ? bit : 0), 0) || null,
        )
      }
    />
  );
}
