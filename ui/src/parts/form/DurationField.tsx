import { Group, NumberInput, Select } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { local } from "../../i18n";
import type { WidgetProps } from "./types";

const UNITS = [86_400_000, 3_600_000, 60_000, 1_000];

/** A number of milliseconds, as so many of a larger unit; empty is none. */
export function DurationField({ field, value, onChange, error }: WidgetProps) {
  const { t } = useTranslation();
  const milliseconds = typeof value === "number" ? value : 0;
  const [unit, setUnit] = useState(
    () => UNITS.find((each) => milliseconds > 0 && milliseconds % each === 0) ?? UNITS[0] ?? 1,
  );
  const units = UNITS.map((each) => ({
    value: String(each),
    label: t(`form:choice.unit.${each}`),
  }));
  return (
    <Group gap={6} align="end" wrap="nowrap">
      <NumberInput
        label={local(field.title)}
        error={error}
        placeholder={t("form:noDeadline")}
        min={0}
        value={milliseconds ? milliseconds / unit : ""}
        onChange={(count) => onChange(Math.round(Number(count) * unit))}
        flex={1}
      />
      <Select
        aria-label={t("form:unit")}
        w={120}
        value={String(unit)}
        data={units}
        onChange={(chosen) => {
          onChange(Math.round((milliseconds / unit) * Number(chosen)));
          setUnit(Number(chosen));
        }}
      />
    </Group>
  );
}
