import { ChevronRight } from "lucide-react";
import { type ReactNode, useState } from "react";
import { local } from "../../i18n";
import styles from "./Folded.module.css";
import type { Label } from "./types";

interface Props {
  title: Label | undefined;
  /** Whether it is open at first. */
  open: boolean;
  children: ReactNode;
}

/** A part of a form that is folded away until it is wanted. */
export function Folded({ title, open, children }: Props) {
  const [opened, setOpened] = useState(open);
  return (
    <details
      className={styles.folded}
      open={opened}
      onToggle={(event) => setOpened(event.currentTarget.open)}
    >
      <summary className={styles.title}>
        <ChevronRight size={14} className={styles.mark} aria-hidden />
        {local(title)}
      </summary>
      <div className={styles.fields}>{children}</div>
    </details>
  );
}
