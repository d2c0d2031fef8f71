import { ActionIcon, Select } from "@mantine/core";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Meta } from "../api";
import { format } from "../i18n";
import styles from "./Grid.module.css";

interface Props {
  meta: Meta | undefined;
  onPage: (page: number) => void;
  onSize: (size: number) => void;
}

/** Where one is among the records. */
export function GridFooter({ meta, onPage, onSize }: Props) {
  const { t } = useTranslation();
  const { page = 1, pageSize = 50, count = 0, totalPage = 1 } = meta ?? {};
  return (
    <footer className={styles.foot}>
      <span className="hint numeric">
        {t("data:range", {
          from: format.number(count ? (page - 1) * pageSize + 1 : 0),
          to: format.number(Math.min(page * pageSize, count)),
          total: format.number(count),
        })}
      </span>
      <ActionIcon
        aria-label={t("data:previous")}
        disabled={page <= 1}
        onClick={() => onPage(page - 1)}
      >
        <ChevronLeft size={16} />
      </ActionIcon>
      <ActionIcon
        aria-label={t("data:next")}
        disabled={page >= totalPage}
        onClick={() => onPage(page + 1)}
      >
        <ChevronRight size={16} />
      </ActionIcon>
      <span className="grow" />
      <Select
        aria-label={t("data:pageSize")}
        w={72}
        value={String(pageSize)}
        data={["20", "50", "100", "200"]}
        allowDeselect={false}
        onChange={(size) => size && onSize(Number(size))}
      />
    </footer>
  );
}
