import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, call, session } from "../api";
import { LANGUAGES, type Language, speak } from "../i18n";
import styles from "./SignInPage.module.css";

/** Sign in with an e-mail address (or a user name) and a password. */
export function SignInPage() {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [account, setAccount] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const passwordInput = useRef<HTMLInputElement>(null);

  async function signIn(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    try {
      const { data } = await call<{ token: string }>("auth:signIn", {
        body: { account, password },
      });
      session.token = data.token;
      queries.clear();
      const next = new URLSearchParams(window.location.search).get("next");
      void navigate({ to: next?.startsWith("/") && !next.startsWith("//") ? next : "/" });
    } catch (failure) {
      const known = failure instanceof ApiError ? failure : null;
      setError(
        known?.code === "OFFLINE"
          ? t("offline")
          : known?.status === 429
            ? t("sign-in:slowDown")
            : t("sign-in:wrong"),
      );
      passwordInput.current?.focus();
    } finally {
      setBusy(false);
    }
  }

  return (
    <main className={styles.page}>
      <form className={styles.form} onSubmit={signIn}>
        <span className={styles.mark}>E</span>
        <h1 className={styles.title}>{t("sign-in:title")}</h1>
        <TextInput
          size="sm"
          label={t("email")}
          autoComplete="username"
          autoFocus
          required
          withAsterisk={false}
          value={account}
          onChange={(event) => setAccount(event.currentTarget.value)}
        />
        <PasswordInput
          size="sm"
          ref={passwordInput}
          label={t("password")}
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          error={error}
          visibilityToggleButtonProps={{ "aria-label": t("sign-in:show") }}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button size="sm" type="submit" fullWidth loading={busy}>
          {t("sign-in:signIn")}
        </Button>
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
