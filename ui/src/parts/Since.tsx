import { Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { format } from "../i18n";

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

/** How long ago, with the whole moment in the tooltip. */
export function Since({ at }: { at: string | null | undefined }) {
  const { i18n } = useTranslation();
  if (!at) return null;
  const seconds = (new Date(at).getTime() - Date.now()) / 1000;
  const [unit, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1];
  const words = new Intl.RelativeTimeFormat(i18n.language, { numeric: "auto" });
  return (
    <Tooltip label={format.moment(at)}>
      <time dateTime={at}>{words.format(Math.round(seconds / size), unit)}</time>
    </Tooltip>
  );
}
