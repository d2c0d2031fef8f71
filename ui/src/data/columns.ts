/** Where the grid's columns are: which stay at the left, and how wide they are. */
import type { CSSProperties } from "react";
import type { Field } from "../api";
import type { View } from "./useView";

export const NARROWEST = 60;
export const WIDEST = 800;
const PINNED = 180;
const TICK = 40;

export interface Column {
  field: Field;
  pinned: boolean;
  style: CSSProperties | undefined;
}

export const within = (width: number) => Math.round(Math.min(WIDEST, Math.max(NARROWEST, width)));

/** The columns that are not hidden, those that stay at the left before the others. */
export function placed(fields: Field[], { hide, pin, widths }: View): Column[] {
  const shown = fields.filter((each) => !hide?.includes(each.name));
  const stays = (field: Field) => pin?.includes(field.name) ?? false;
  let left = TICK;
  return [...shown.filter(stays), ...shown.filter((each) => !stays(each))].map((field) => {
    const pinned = stays(field);
    const width = widths?.[field.name] ?? (pinned ? PINNED : undefined);
    const size = width && { width, minWidth: width, maxWidth: width };
    const style = size ? { ...size, ...(pinned && { left }) } : undefined;
    if (pinned) left += width ?? 0;
    return { field, pinned, style };
  });
}

/** The view's filter and one more condition: that the field has a value. */
export function narrowed(
  filter: Record<string, unknown> | undefined,
  name: string,
): Record<string, unknown> {
  const condition = { [name]: { $notEmpty: true } };
  if (!filter) return { $and: [condition] };
  return { $and: [...(Array.isArray(filter.$and) ? filter.$and : [filter]), condition] };
}
