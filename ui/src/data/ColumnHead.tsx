import { ActionIcon, Menu } from "@mantine/core";
import { ArrowDown, ArrowUp, Ellipsis } from "lucide-react";
import type { KeyboardEvent, PointerEvent as Press } from "react";
import { useTranslation } from "react-i18next";
import { kindOf } from "../parts/fields";
import { titleOf } from "../queries";
import { type Column, within } from "./columns";
import styles from "./Grid.module.css";

const STEP = 16;

export interface ColumnActions {
  sort: string | undefined;
  onSort: (sort: string | undefined) => void;
  onFilter: (name: string) => void;
  onHide: (name: string) => void;
  onPin: (name: string) => void;
  onWidth: (name: string, width: number) => void;
}

interface Props extends ColumnActions {
  column: Column;
  /** The column that names a record cannot be hidden. */
  first: boolean;
  /** What the width is while it is drawn; null: as it was. */
  onDraw: (width: number | null) => void;
}

/** The head of a column: a click sorts, the menu does the rest, the right edge makes it wider. */
export function ColumnHead(props: Props) {
  const { column, first, sort, onSort, onDraw, onWidth } = props;
  const { t } = useTranslation();
  const { field, pinned, style } = column;
  const { name } = field;
  const title = titleOf(field);
  const order = sort === name ? "ascending" : sort === `-${name}` ? "descending" : "none";
  const next = { none: name, ascending: `-${name}`, descending: undefined }[order];
  const sorts = kindOf(field) !== "one";
  const widthOf = (handle: Element) => handle.closest("th")?.offsetWidth ?? 0;
  const drag = (event: Press<HTMLButtonElement>) => {
    const handle = event.currentTarget;
    const start = event.clientX;
    const before = widthOf(handle);
    const at = (to: PointerEvent) => within(before + to.clientX - start);
    const move = (to: PointerEvent) => onDraw(at(to));
    const stop = () => {
      handle.removeEventListener("pointermove", move);
      onDraw(null);
    };
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointercancel", stop, { once: true });
    handle.addEventListener(
      "pointerup",
      (to: PointerEvent) => {
        stop();
        if (to.clientX !== start) onWidth(name, at(to));
      },
      { once: true },
    );
  };
  const step = (event: KeyboardEvent<HTMLButtonElement>) => {
    const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (!by) return;
    event.preventDefault();
    onWidth(name, within(widthOf(event.currentTarget) + by));
  };
  return (
    <th
      className={kindOf(field) === "number" ? "numeric" : undefined}
      aria-sort={order}
      data-pinned={pinned || undefined}
      style={style}
    >
      <span className={styles.heading}>
        <button
          type="button"
          className={styles.head}
          disabled={!sorts}
          onClick={() => onSort(next)}
        >
          {title}
          {order === "ascending" && <ArrowUp size={12} />}
          {order === "descending" && <ArrowDown size={12} />}
        </button>
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon
              size="xs"
              className={styles.columnMenu}
              aria-label={t("data:columnMenu", { name: title })}
            >
              <Ellipsis size={14} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            {sorts && (
              <>
                <Menu.Item onClick={() => onSort(name)}>{t("data:sortAscending")}</Menu.Item>
                <Menu.Item onClick={() => onSort(`-${name}`)}>{t("data:sortDescending")}</Menu.Item>
                <Menu.Item onClick={() => props.onFilter(name)}>{t("data:filterBy")}</Menu.Item>
              </>
            )}
            <Menu.Item onClick={() => props.onPin(name)}>
              {t(pinned ? "data:unpin" : "data:pin")}
            </Menu.Item>
            {!first && <Menu.Item onClick={() => props.onHide(name)}>{t("data:hide")}</Menu.Item>}
          </Menu.Dropdown>
        </Menu>
      </span>
      <button
        type="button"
        className={styles.edge}
        aria-label={t("data:width", { name: title })}
        onPointerDown={drag}
        onKeyDown={step}
      />
    </th>
  );
}
