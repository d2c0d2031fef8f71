import type { ReactNode } from "react";
import styles from "./Pill.module.css";

export type Tone = "ok" | "run" | "warn" | "bad" | "plain";

/** A status: a dot and a word, never colour alone. */
export function Pill({
  tone = "plain",
  live,
  children,
}: {
  tone?: Tone;
  live?: boolean;
  children: ReactNode;
}) {
  return (
    <span className={styles.pill} data-tone={tone} data-live={live || undefined}>
      {children}
    </span>
  );
}
