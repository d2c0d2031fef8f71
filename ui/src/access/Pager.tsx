import { ActionIcon } from "@mantine/core";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Meta } from "../api";
import styles from "./Access.module.css";

/** Where one is in a list of several pages, and the way to the others. */
export function Pager({
  meta,
  onPage,
}: {
  meta: Meta | undefined;
  onPage: (page: number) => void;
}) {
  const { t } = useTranslation();
  const { page = 1, pageSize = 20, count = 0, totalPage = 1 } = meta ?? {};
  if (count === 0) return null;
  return (
    <footer className={styles.pager}>
      <span className="hint">
        {t("access:range", {
          from: (page - 1) * pageSize + 1,
          to: Math.min(page * pageSize, count),
          count,
        })}
      </span>
      {totalPage > 1 && (
        <>
          <ActionIcon
            aria-label={t("access:previous")}
            disabled={page <= 1}
            onClick={() => onPage(page - 1)}
          >
            <ChevronLeft size={16} />
          </ActionIcon>
          <ActionIcon
            aria-label={t("access:next")}
            disabled={page >= totalPage}
            onClick={() => onPage(page + 1)}
          >
            <ChevronRight size={16} />
          </ActionIcon>
        </>
      )}
    </footer>
  );
}
