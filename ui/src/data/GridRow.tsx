import { Ellipsis } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Collection, Field, Row } from "../api";
import { CellInput } from "./CellInput";
import type { Column } from "./columns";
import styles from "./Grid.module.css";
import { GridCell } from "./GridCell";
import type { useCellSaves } from "./useCellSaves";

interface Props {
  id: string;
  row: Row;
  columns: Column[];
  collections: Collection[];
  /** The field by which a record is called. */
  title: string | undefined;
  editing: string | null;
  saving: ReturnType<typeof useCellSaves>["saving"];
  selected: boolean;
  mayEdit: (field: Field) => boolean;
  onSelect: () => void;
  onOpen: () => void;
  onMenu: (at: { x: number; y: number }) => void;
  onEdit: (cell: string) => void;
  onSave: (cell: string, field: Field, value: unknown) => void;
  onEnd: (cell: string, to: 1 | -1 | 0 | null) => void;
}

/** One record of the grid. */
export function GridRow(props: Props) {
  const { id, row, columns, collections, saving } = props;
  const { t } = useTranslation();
  return (
    <tr>
      <td className={styles.tick}>
        <input
          type="checkbox"
          aria-label={t("data:select")}
          checked={props.selected}
          onChange={props.onSelect}
        />
      </td>
      {columns.map((column) => {
        const { field } = column;
        const cell = `${id} ${field.name}`;
        const value = cell in saving ? saving[cell]?.value : row[field.name];
        if (props.editing === cell)
          return (
            <CellInput
              key={field.name}
              field={field}
              value={value}
              style={column.style}
              pinned={column.pinned}
              onSave={(changed) => props.onSave(cell, field, changed)}
              onEnd={(to) => props.onEnd(cell, to)}
            />
          );
        return (
          <GridCell
            key={field.name}
            column={column}
            value={value}
            target={collections.find((each) => each.name === field.target)}
            name={props.mayEdit(field) ? cell : undefined}
            failed={saving[cell]?.failed}
            onEdit={() => props.onEdit(cell)}
            wrap={
              field.name === props.title
                ? (content) => (
                    <button type="button" className={styles.open} onClick={props.onOpen}>
                      {content ?? id}
                    </button>
                  )
                : undefined
            }
          />
        );
      })}
      <td className={styles.tick}>
        <button
          type="button"
          className={styles.more}
          aria-label={t("more")}
          aria-haspopup="menu"
          onClick={(event) => {
            const { right, bottom } = event.currentTarget.getBoundingClientRect();
            props.onMenu({ x: right, y: bottom });
          }}
        >
          <Ellipsis size={16} />
        </button>
      </td>
    </tr>
  );
}
