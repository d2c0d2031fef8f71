import { Tooltip } from "@mantine/core";
import { Circle, CircleDot, Contrast, Minus } from "lucide-react";
import { useTranslation } from "react-i18next";
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
        {level === "none" && <Minus size={14} />}
        {level === "own" && <Contrast size={14} />}
        {level === "some" && <CircleDot size={14} />}
        {level === "all" && <Circle size={14} fill="currentColor" />}
      </button>
    </Tooltip>
  );
}
