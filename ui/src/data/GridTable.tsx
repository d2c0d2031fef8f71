import { Skeleton } from "@mantine/core";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Collection, Row } from "../api";
import { columnsOf, keyName, mayFill } from "../parts/fields";
import { useCollections } from "../queries";
import { type ColumnActions, ColumnHead } from "./ColumnHead";
import { placed } from "./columns";
import styles from "./Grid.module.css";
import { GridRow } from "./GridRow";
import { RowMenu } from "./RowMenu";
import type { Button } from "./useButtons";
import { useCellSaves } from "./useCellSaves";
import { useEditing } from "./useEditing";
import type { View } from "./useView";

interface Props extends ColumnActions {
  collection: Collection;
  view: View;
  rows: Row[] | undefined;
  selected: string[];
  editable: boolean;
  buttons: Button[];
  onSelect: (keys: string[]) => void;
  onOpen: (key: string) => void;
  onPress: (button: Button, key: string) => void;
  onDuplicate?: (row: Row) => void;
  onDelete?: (keys: string[]) => void;
}

/** The records of a page as rows. */
export function GridTable(props: Props) {
  const { collection, view, selected, editable } = props;
  // Hundreds of cells: drawn in slices, so that the page answers in between.
  const rows = useDeferredValue(props.rows, undefined);
  const { t } = useTranslation();
  const { table, editing, edit, end } = useEditing();
  const { saving, save } = useCellSaves(collection);
  const collections = useCollections().data ?? [];
  const [menu, setMenu] = useState<{ row: Row; id: string; at: { x: number; y: number } } | null>(
    null,
  );
  const [drawn, setDrawn] = useState<Record<string, number>>({});
  const columns = placed(columnsOf(collection), {
    ...view,
    widths: { ...view.widths, ...drawn },
  });
  const title = columnsOf(collection)[0]?.name;
  const key = keyName(collection);
  const keys = (rows ?? []).map((row) => String(row[key]));
  const all = keys.length > 0 && keys.every((each) => selected.includes(each));
  const without = (some: string[]) => selected.filter((each) => !some.includes(each));
  const fillable = editable ? columns.filter(({ field }) => mayFill(field)) : [];
  const cells = keys.flatMap((id) => fillable.map(({ field }) => `${id} ${field.name}`));
  return (
    <>
      <table ref={table} className="table">
        <thead>
          <tr>
            <th className={styles.tick}>
              <input
                type="checkbox"
                ref={(box) => {
                  if (box) box.indeterminate = !all && keys.some((each) => selected.includes(each));
                }}
                aria-label={t("data:selectAll")}
                checked={all}
                onChange={() => props.onSelect(all ? without(keys) : [...without(keys), ...keys])}
              />
            </th>
            {columns.map((column) => (
              <ColumnHead
                key={column.field.name}
                column={column}
                first={column.field.name === title}
                sort={props.sort}
                onSort={props.onSort}
                onFilter={props.onFilter}
                onHide={props.onHide}
                onPin={props.onPin}
                onWidth={props.onWidth}
                onDraw={(width) => setDrawn(width === null ? {} : { [column.field.name]: width })}
              />
            ))}
            <th className={styles.tick} aria-label={t("more")} />
          </tr>
        </thead>
        <tbody>
          {!rows &&
            ["a", "b", "c", "d", "e", "f"].map((each) => (
              <tr key={each}>
                <td colSpan={columns.length + 2}>
                  <Skeleton height={12} />
                </td>
              </tr>
            ))}
          {rows?.map((row) => {
            const id = String(row[key]);
            return (
              <GridRow
                key={id}
                id={id}
                row={row}
                columns={columns}
                collections={collections}
                title={title}
                editing={editing}
                saving={saving}
                selected={selected.includes(id)}
                mayEdit={(field) => editable && mayFill(field)}
                onSelect={() =>
                  props.onSelect(selected.includes(id) ? without([id]) : [...selected, id])
                }
                onOpen={() => props.onOpen(id)}
                onMenu={(at) => setMenu({ row, id, at })}
                onEdit={edit}
                onSave={(cell, field, value) => void save(cell, row, field, value)}
                onEnd={(cell, to) => end(cell, cells, to)}
              />
            );
          })}
        </tbody>
      </table>
      {menu && (
        <RowMenu
          key={menu.id}
          target={menu.at}
          onClose={() => setMenu(null)}
          row={menu.row}
          buttons={props.buttons}
          onOpen={() => props.onOpen(menu.id)}
          onPress={(button) => props.onPress(button, menu.id)}
          onDuplicate={props.onDuplicate && (() => props.onDuplicate?.(menu.row))}
          onDelete={props.onDelete && (() => props.onDelete?.([menu.id]))}
        />
      )}
    </>
  );
}
