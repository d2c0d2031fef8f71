import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { call, session } from "../api";
import type { Me } from "../queries";
import { Section } from "./Section";
import styles from "./Settings.module.css";

/** Who is signed in, and the way out. */
export function Session({ me }: { me: Me }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();

  async function signOut() {
    try {
      await call("auth:signOut", { body: {} });
    } finally {
      session.token = null;
      session.role = null;
      queries.clear();
      void navigate({ to: "/sign-in" });
    }
  }

  return (
    <Section title={t("settings:session")}>
      <span className={styles.row}>
        <span className="grow dim">
          {t("settings:signedInAs", { name: me.email || me.username || me.nickname })}
        </span>
        <Button variant="default" onClick={signOut}>
          {t("signOut")}
        </Button>
      </span>
    </Section>
  );
}
