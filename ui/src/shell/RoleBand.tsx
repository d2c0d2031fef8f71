import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { session } from "../api";
import styles from "./RoleBand.module.css";

/** Says that the page is seen as another role, and leads back. */
export function RoleBand({ role }: { role: string }) {
  const { t } = useTranslation();
  return (
    <div className={styles.band} role="status">
      <span className="grow">{t("viewingAs", { role })}</span>
      <Button
        variant="default"
        onClick={() => {
          session.role = null;
          window.location.assign("/");
        }}
      >
        {t("stopViewing")}
      </Button>
    </div>
  );
}
