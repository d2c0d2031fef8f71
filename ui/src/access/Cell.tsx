import { Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { LevelMark } from "./LevelMark";
import styles from "./Matrix.module.css";
import type { Action, Level } from "./permissions";

interface Props {
  level: Level;
  /** What the cell is about. */
  table: string;
  action: Action;
  inherited?: boolean;
  onClick: () => void;
}

/** How far one permission goes: none, own records, all, or as its conditions say. */
export function Cell({ level, table, action, inherited, onClick }: Props) {
  const { t } = useTranslation();
  const words = t(`access:level.${level}`);
  const shown = inherited ? t("access:inheritedLevel", { level: words }) : words;
  return (
    <Tooltip label={shown}>
      <button
        type="button"
        className={styles.cell}
        data-level={level}
        data-inherited={inherited || undefined}
        aria-label={t("access:cell", {
          table,
          action: t(`access:action.${action}`),
          level: shown,
        })}
        onClick={onClick}
      >
        <LevelMark level={level} />
      </button>
    </Tooltip>
  );
}
