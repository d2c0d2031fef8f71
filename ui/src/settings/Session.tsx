import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Me } from "../queries";
import { useSignOut } from "../signOut";
import { Section } from "./Section";
import styles from "./Settings.module.css";
import { useInfo } from "./useInfo";

/** Who is signed in, and the way out. */
export function Session({ me }: { me: Me }) {
  const { t } = useTranslation();
  const { data: info } = useInfo();
  const signOut = useSignOut();
  const signOutEverywhere = useSignOut({ everywhere: true });

  return (
    <Section title={t("settings:session")}>
      <span className={styles.row}>
        <span className="grow dim">
          {t("settings:signedInAs", { name: me.email || me.username || me.nickname })}
        </span>
        <Button variant="default" onClick={signOut}>
          {t("signOut")}
        </Button>
        <Button variant="default" onClick={signOutEverywhere}>
          {t("settings:signOutEverywhere")}
        </Button>
      </span>
      <span className="dim">{t("settings:everywhereHint")}</span>
      {info && (
        <span className="dim">{t("settings:sessionDays", { count: info.sessionDays })}</span>
      )}
    </Section>
  );
}
