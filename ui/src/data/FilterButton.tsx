import { Button, FocusTrap, Popover } from "@mantine/core";
import { ListFilter } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Collection } from "../api";
import { Copy } from "../parts/Copy";
import { FilterEditor } from "../parts/form/FilterEditor";
import type { WidgetProps } from "../parts/form/types";
import styles from "./Grid.module.css";

interface Props {
  collection: Collection;
  value: Record<string, unknown> | undefined;
  opened: boolean;
  onOpen: (opened: boolean) => void;
  onChange: (filter: Record<string, unknown> | undefined) => void;
}

/** Which records the grid shows: conditions, and the filter that they make for the API. */
export function FilterButton({ collection, value, opened, onOpen, onChange }: Props) {
  const { t } = useTranslation();
  const count = Array.isArray(value?.$and)
    ? value.$and.length
    : Array.isArray(value?.$or)
      ? value.$or.length
      : 0;
  return (
    <Popover opened={opened} onChange={onOpen} position="bottom-start" trapFocus>
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<ListFilter size={14} />}
          onClick={() => onOpen(!opened)}
        >
          {count ? t("data:filterOf", { count }) : t("data:filter")}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        {/* Not the first field: its list would drop down at once. */}
        <FocusTrap.InitialFocus />
        <div className={styles.filter}>
          <FilterEditor
            field={{ name: "filter", title: t("data:filter") } as unknown as WidgetProps["field"]}
            value={value ?? null}
            onChange={(next: unknown) =>
              onChange((next ?? undefined) as Record<string, unknown> | undefined)
            }
            context={{ collection, variables: [] } as unknown as WidgetProps["context"]}
          />
          {value && (
            <div className={styles.code}>
              <span className="hint grow">{t("data:copyFilter")}</span>
              <Copy value={`filter=${JSON.stringify(value)}`} label={t("data:copyFilter")} />
            </div>
          )}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
