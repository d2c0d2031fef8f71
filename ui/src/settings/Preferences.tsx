import { SegmentedControl, Select, useMantineColorScheme } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { LANGUAGES, type Language, speak, timeZone } from "../i18n";
import { Section } from "./Section";
import styles from "./Settings.module.css";

/** The page's language and theme; both are kept in this browser. */
export function Preferences() {
  const { t, i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <>
      <Section title={t("language")}>
        <span className={styles.row}>
          <SegmentedControl
            aria-label={t("language")}
            value={i18n.language}
            data={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))}
            onChange={(chosen) => speak(chosen as Language)}
          />
        </span>
      </Section>
      <Section title={t("settings:timeZone")}>
        <Select
          aria-label={t("settings:timeZone")}
          description={t("settings:timeZoneHint")}
          searchable
          clearable
          placeholder={t("settings:timeZoneOwn", {
            zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
          })}
          value={timeZone.chosen ?? null}
          data={Intl.supportedValuesOf("timeZone")}
          limit={50}
          nothingFoundMessage={t("nothingFound")}
          onChange={(chosen) => timeZone.choose(chosen)}
        />
      </Section>
      <Section title={t("theme")}>
        <span className={styles.row}>
          <SegmentedControl
            aria-label={t("theme")}
            value={colorScheme}
            data={(["auto", "light", "dark"] as const).map((each) => ({
              value: each,
              label: t(`theme.${each}`),
            }))}
            onChange={(chosen) => setColorScheme(chosen as "auto" | "light" | "dark")}
          />
        </span>
      </Section>
    </>
  );
}
