import type { FormEvent, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { LANGUAGES, type Language, speak } from "../i18n";
import styles from "./SignInPage.module.css";

interface Props {
  title: string;
  children: ReactNode;
  onSubmit: () => void;
}

/** One form on an empty page, and the languages below. */
export function Frame({ title, children, onSubmit }: Props) {
  const { i18n } = useTranslation();
  return (
    <main className={styles.page}>
      <form
        className={styles.form}
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          onSubmit();
        }}
      >
        <span className={styles.mark}>E</span>
        <h1 className={styles.title}>{title}</h1>
        {children}
      </form>
      <footer className={styles.languages}>
        {Object.entries(LANGUAGES).map(([code, word]) => (
          <button
            key={code}
            type="button"
            lang={code}
            aria-pressed={i18n.language === code}
            onClick={() => speak(code as Language)}
          >
            {word}
          </button>
        ))}
      </footer>
    </main>
  );
}
