import { SegmentedControl } from "@mantine/core";
import { useTranslation } from "react-i18next";

interface Props<K extends string> {
  value: K;
  /** How "all of them" and "any of them" are written. */
  all: K;
  any: K;
  onChange: (value: K) => void;
}

/** Whether all conditions have to hold, or any. */
export function Joined<K extends string>({ value, all, any, onChange }: Props<K>) {
  const { t } = useTranslation();
  return (
    <SegmentedControl
      aria-label={t("form:joined")}
      value={value}
      data={[
        { value: all, label: t("form:all") },
        { value: any, label: t("form:any") },
      ]}
      onChange={(chosen) => onChange(chosen === any ? any : all)}
    />
  );
}
