import { Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { useTranslation } from "react-i18next";
import styles from "./KeyTitle.module.css";

/** A workflow's title; hovering shows its key, a click copies it. */
export function KeyTitle({ title, workflowKey }: { title: string; workflowKey: string }) {
  const { t } = useTranslation();
  const { copied, copy } = useClipboard({ timeout: 1500 });
  return (
    <Tooltip
      position="bottom-start"
      closeDelay={150}
      events={{ hover: true, focus: true, touch: true }}
      label={
        <span className={styles.key}>
          {copied ? t("copied") : t("workflows:key")}{" "}
          <b data-testid="workflow-key">{workflowKey}</b>
        </span>
      }
    >
      <button
        type="button"
        className={styles.title}
        data-testid="workflow-title"
        aria-label={t("workflows:copyKey", { title, key: workflowKey })}
        onClick={() => copy(workflowKey)}
      >
        {title}
      </button>
    </Tooltip>
  );
}
