import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Problem } from "../parts/Problem";
import { mayManage, useAbilities } from "../queries";
import { Fact } from "./Fact";
import { Section } from "./Section";
import styles from "./Settings.module.css";
import { useInfo } from "./useInfo";

/** The server's version, and the way to its health for those who may know. */
export function Server() {
  const { t } = useTranslation();
  const { data: abilities } = useAbilities();
  const info = useInfo();
  return (
    <Section title={t("settings:server")}>
      <dl className={styles.facts}>
        <Fact name={t("settings:version")}>
          <span className="mono">{info.data?.version}</span>
        </Fact>
        {mayManage(abilities, "pm.system-settings") && (
          <Fact name={t("health")}>
            <Link to="/health" className={styles.link}>
              {t("settings:health")}
            </Link>
          </Fact>
        )}
      </dl>
      <Problem error={info.error} />
    </Section>
  );
}
