import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { ApiError } from "../api";
import styles from "./Problem.module.css";

/** What went wrong, where it happened: the problem's words, its request id, and a way on. */
export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { t } = useTranslation();
  if (!error) return null;
  const known = error instanceof ApiError ? error : null;
  const words = known?.code === "OFFLINE" ? t("offline") : known?.detail || String(error);
  return (
    <div className={styles.problem} role="alert">
      <span className="grow">{known?.status === 403 ? t("forbidden") : words}</span>
      {known?.request && <span className="mono">{known.request}</span>}
      {onRetry && (
        <Button variant="default" onClick={onRetry}>
          {t("retry")}
        </Button>
      )}
    </div>
  );
}
