import { useTranslation } from "react-i18next";
import { duration } from "../parts/executionState";
import styles from "./Health.module.css";
import { toneOf } from "./waits";

/** The oldest wait, which is coloured, and called long, when it is. */
export function Wait({ seconds }: { seconds: number | null }) {
  const { t } = useTranslation();
  const tone = toneOf(seconds);
  return (
    <span className={styles.wait} data-tone={tone}>
      {seconds === null ? "–" : duration(seconds * 1_000)}
      {tone !== "ok" && <span className={styles.word}> {t(`health:long.${tone}`)}</span>}
    </span>
  );
}
