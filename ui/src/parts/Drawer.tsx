import { ActionIcon } from "@mantine/core";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import styles from "./Drawer.module.css";
import { useFirstWrong } from "./useFirstWrong";

interface Props {
  title: ReactNode;
  /** Buttons beside the close button. */
  actions?: ReactNode;
  footer?: ReactNode;
  width?: number;
  label: string;
  /** What saving came to: the first field that it speaks of gets the focus. */
  error?: unknown;
  onClose: () => void;
  children: ReactNode;
}

/** The panel at the right of a page: not modal, the page beside it stays usable. */
export function Drawer(props: Props) {
  const { title, actions, footer, width = 380, label, error, onClose, children } = props;
  const { t } = useTranslation();
  const body = useFirstWrong<HTMLDivElement>(error);
  return (
    <aside
      className={styles.drawer}
      style={{ width }}
      aria-label={label}
      onKeyDown={(event) => {
        const target = event.target as HTMLElement;
        const inList = target.getAttribute("aria-expanded") === "true";
        // What is pressed in a dialog that was opened from here comes by as well.
        if (!event.currentTarget.contains(target)) return;
        if (event.key === "Escape" && !event.defaultPrevented && !inList) onClose();
      }}
    >
      <header className={styles.head}>
        <h2 className={styles.title}>{title}</h2>
        <span className="grow" />
        {actions}
        <ActionIcon aria-label={t("close")} onClick={onClose}>
          <X size={16} />
        </ActionIcon>
      </header>
      <div ref={body} className={styles.body}>
        {children}
      </div>
      {footer && <footer className={styles.foot}>{footer}</footer>}
    </aside>
  );
}
