import { Button, PasswordInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, call, session } from "../api";
import { Problem } from "../parts/Problem";
import type { Me } from "../queries";
import { Section } from "./Section";
import styles from "./Settings.module.css";

/** A new password for the own account; it ends all sessions, and this one begins anew. */
export function Password({ me }: { me: Me }) {
  const { t } = useTranslation();
  const [oldPassword, setOld] = useState("");
  const [newPassword, setNew] = useState("");
  const change = useMutation({
    mutationFn: async () => {
      await call("auth:changePassword", { body: { oldPassword, newPassword } });
      const { data } = await call<{ token: string }>("auth:signIn", {
        body: { account: me.email ?? me.username, password: newPassword },
      });
      session.token = data.token;
    },
    onSuccess: () => {
      setOld("");
      setNew("");
    },
  });
  const known = change.error instanceof ApiError ? change.error : null;
  const wrongOld = known?.code === "WRONG_OLD_PASSWORD" ? t("settings:wrongOld") : undefined;
  const weak = known?.code === "WEAK_PASSWORD" ? t("settings:weak") : undefined;
  const shown = { "aria-label": t("settings:show") };
  return (
    <Section title={t("settings:changePassword")}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate();
        }}
      >
        <PasswordInput
          label={t("settings:oldPassword")}
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={oldPassword}
          error={wrongOld}
          visibilityToggleButtonProps={shown}
          onChange={(event) => setOld(event.currentTarget.value)}
        />
        <PasswordInput
          label={t("settings:newPassword")}
          description={t("settings:passwordHint")}
          autoComplete="new-password"
          required
          withAsterisk={false}
          value={newPassword}
          error={weak}
          visibilityToggleButtonProps={shown}
          onChange={(event) => setNew(event.currentTarget.value)}
        />
        {!wrongOld && !weak && <Problem error={change.error} />}
        <Button type="submit" loading={change.isPending} disabled={!oldPassword || !newPassword}>
          {t("settings:changePassword")}
        </Button>
        {change.isSuccess && (
          <span role="status" className={styles.done}>
            {t("settings:passwordChanged")}
          </span>
        )}
      </form>
    </Section>
  );
}
