import i18next from "i18next";
import { initReactI18next } from "react-i18next";

/** One namespace for each folder of screens: `t("tables:new")`; without one it is `common`. */
const files = import.meta.glob<Record<string, string>>("./*/*.json", {
  eager: true,
  import: "default",
});

export const LANGUAGES = { en: "English", fr: "Français" } as const;
export type Language = keyof typeof LANGUAGES;

const resources: Record<string, Record<string, Record<string, string>>> = {};
for (const [path, words] of Object.entries(files)) {
  const [, language = "en", name = ""] = path.split("/");
  resources[language] = { ...resources[language], [name.replace(".json", "")]: words };
}

const STORED = "ensuite.language";
const wanted = localStorage.getItem(STORED) ?? navigator.language.slice(0, 2);

i18next.use(initReactI18next).init({
  lng: wanted in LANGUAGES ? wanted : "en",
  fallbackLng: "en",
  defaultNS: "common",
  resources,
  interpolation: { escapeValue: false },
});
document.documentElement.lang = i18next.language;

export function speak(language: Language): void {
  localStorage.setItem(STORED, language);
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}

/** The text of a label that the server gives in both languages. */
export function local(label: { en?: string; fr?: string } | string | null | undefined): string {
  if (label == null) return "";
  if (typeof label === "string") return label;
  const language = i18next.language as Language;
  return label[language] || label.en || label.fr || "";
}

const ZONE = "ensuite.timezone";

const stored = localStorage.getItem(ZONE) ?? "";

/** The time zone in which times are shown and filters mean days; undefined: the browser's own. */
export const timeZone = {
  chosen: Intl.supportedValuesOf("timeZone").includes(stored) ? stored : undefined,
  choose(zone: string | null) {
    timeZone.chosen = zone ?? undefined;
    if (zone === null) localStorage.removeItem(ZONE);
    else localStorage.setItem(ZONE, zone);
    made.clear();
    void i18next.changeLanguage(i18next.language); // everything that shows a time shows it anew
  },
};

// A formatter takes longer to make than to format a hundred values.
const made = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

function kept<F extends Intl.DateTimeFormat | Intl.NumberFormat>(
  kind: string,
  make: (language: string) => F,
): F {
  const key = `${kind} ${i18next.language}`;
  const found = (made.get(key) as F | undefined) ?? make(i18next.language);
  made.set(key, found);
  return found;
}

const DAY_MILLISECONDS = 86_400_000;

/** `Intl` in the page's language. */
export const format = {
  number: (value: number) => kept("number", (each) => new Intl.NumberFormat(each)).format(value),
  date: (value: string) =>
    kept(
      "date",
      (each) => new Intl.DateTimeFormat(each, { dateStyle: "medium", timeZone: timeZone.chosen }),
    ).format(new Date(value)),
  /** A day of the calendar, `2026-03-14`: the same in every zone. */
  day: (value: string) =>
    kept(
      "day",
      (each) => new Intl.DateTimeFormat(each, { dateStyle: "medium", timeZone: "UTC" }),
    ).format(new Date(`${value}T00:00:00Z`)),
  /** The time of a moment that is not far off, else all of it. */
  soon: (value: string) =>
    Math.abs(new Date(value).getTime() - Date.now()) > DAY_MILLISECONDS
      ? format.moment(value)
      : kept(
          "time",
          (each) =>
            new Intl.DateTimeFormat(each, { timeStyle: "medium", timeZone: timeZone.chosen }),
        ).format(new Date(value)),
  moment: (value: string) =>
    kept(
      "moment",
      (each) =>
        new Intl.DateTimeFormat(each, {
          dateStyle: "medium",
          timeStyle: "medium",
          timeZone: timeZone.chosen,
        }),
    ).format(new Date(value)),
};
