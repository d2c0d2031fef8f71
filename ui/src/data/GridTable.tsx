import { Checkbox, Skeleton } from "@mantine/core";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Collection, Field, Row } from "../api";
import { titleOf } from "../queries";
import { keyName, kindOf } from "./fields";
import styles from "./Grid.module.css";
import { GridCell } from "./GridCell";
import { RowMenu } from "./RowMenu";
import type { Button } from "./useButtons";

interface Props {
  collection: Collection;
  columns: Field[];
  rows: Row[] | undefined;
  sort: string | undefined;
  selected: string[];
  editable: boolean;
  buttons: Button[];
  onSort: (sort: string | undefined) => void;
  onSelect: (keys: string[]) => void;
  onOpen: (key: string) => void;
  onPress: (button: Button, key: string) => void;
  onDuplicate?: (row: Row) => void;
  onDelete?: (keys: string[]) => void;
}

/** The records of a page as rows. */
export function GridTable(props: Props) {
  const { collection, columns, rows, sort, selected, editable } = props;
  const { t } = useTranslation();
  const key = keyName(collection);
  const keys = (rows ?? []).map((row) => String(row[key]));
  const all = keys.length > 0 && keys.every((each) => selected.includes(each));
  const without = (some: string[]) => selected.filter((each) => !some.includes(each));
  return (
    <table className="table">
      <thead>
        <tr>
          <th className={styles.tick}>
            <Checkbox
              size="xs"
              aria-label={t("data:selectAll")}
              checked={all}
              indeterminate={!all && keys.some((each) => selected.includes(each))}
              onChange={() => props.onSelect(all ? without(keys) : [...without(keys), ...keys])}
            />
          </th>
          {columns.map(({ name, ...rest }) => {
            const field = { name, ...rest } as Field;
            const order = sort === name ? "ascending" : sort === `-${name}` ? "descending" : "none";
            const next = { none: name, ascending: `-${name}`, descending: undefined }[order];
            return (
              <th
                key={name}
                className={kindOf(field) === "number" ? "numeric" : undefined}
                aria-sort={order}
              >
                <button
                  type="button"
                  className={styles.head}
                  disabled={kindOf(field) === "one"}
                  onClick={() => props.onSort(next)}
                >
                  {titleOf(field)}
                  {order === "ascending" && <ArrowUp size={12} />}
                  {order === "descending" && <ArrowDown size={12} />}
                </button>
              </th>
            );
          })}
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
            <tr key={id}>
              <td className={styles.tick}>
                <Checkbox
                  size="xs"
                  aria-label={t("data:select")}
                  checked={selected.includes(id)}
                  onChange={() =>
                    props.onSelect(selected.includes(id) ? without([id]) : [...selected, id])
                  }
                />
              </td>
              {columns.map((field, n) => (
                <GridCell
                  key={field.name}
                  collection={collection}
                  field={field}
                  row={row}
                  editable={editable}
                  wrap={
                    n === 0
                      ? (content) => (
                          <button
                            type="button"
                            className={styles.open}
                            onClick={() => props.onOpen(id)}
                          >
                            {content ?? id}
                          </button>
                        )
                      : undefined
                  }
                />
              ))}
              <td className={styles.tick}>
                <RowMenu
                  row={row}
                  buttons={props.buttons}
                  onOpen={() => props.onOpen(id)}
                  onPress={(button) => props.onPress(button, id)}
                  onDuplicate={props.onDuplicate && (() => props.onDuplicate?.(row))}
                  onDelete={props.onDelete && (() => props.onDelete?.([id]))}
                />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
