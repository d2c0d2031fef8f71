import { ActionIcon, Button } from "@mantine/core";
import { Plus, X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import styles from "./Rows.module.css";

interface Props<T> {
  label: ReactNode;
  items: T[];
  onChange: (items: T[]) => void;
  /** A new, empty row. */
  empty: () => T;
  addLabel: string;
  /** What is wrong with the list as a whole. */
  error?: string;
  children: (item: T, change: (item: T) => void, place: number) => ReactNode;
}

/** A list of rows that can be added and removed. */
export function Rows<T>(props: Props<T>) {
  const { label, items, onChange, empty, addLabel, error, children } = props;
  const { t } = useTranslation();
  return (
    <fieldset className={styles.rows} data-wrong={error}>
      <legend className={styles.legend}>{label}</legend>
      {items.map((item, place) => (
        // Rows have no name of their own: their place is what they are.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <div key={place} className={styles.row}>
          <div className={styles.cells}>
            {children(
              item,
              (changed) => onChange(items.map((each, n) => (n === place ? changed : each))),
              place,
            )}
          </div>
          <ActionIcon
            aria-label={t("remove")}
            onClick={() => onChange(items.filter((_, n) => n !== place))}
          >
            <X size={14} />
          </ActionIcon>
        </div>
      ))}
      <Button
        variant="default"
        leftSection={<Plus size={14} />}
        className={styles.add}
        onClick={() => onChange([...items, empty()])}
      >
        {addLabel}
      </Button>
      {error && (
        <span role="alert" className={styles.error}>
          {error}
        </span>
      )}
    </fieldset>
  );
}
