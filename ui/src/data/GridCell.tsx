import type { ReactNode } from "react";
import type { Collection } from "../api";
import { kindOf } from "../parts/fields";
import { Value } from "../parts/Value";
import type { Column } from "./columns";

interface Props {
  column: Column;
  value: unknown;
  /** The table that the field leads to. */
  target?: Collection;
  /** What the table calls the cell; none: it cannot be edited. */
  name?: string;
  /** Why its last change could not be saved. */
  failed?: string;
  onEdit: () => void;
  /** Makes the cell a link that opens the record. */
  wrap?: (content: ReactNode) => ReactNode;
}

/** A cell that a double click or Enter makes an input.  A page has hundreds: it is kept plain. */
export function GridCell({ column, value, target, name, failed, onEdit, wrap }: Props) {
  const { field, pinned, style } = column;
  const content = <Value field={field} value={value} target={target} linked={!wrap} />;
  return (
    <td
      className={kindOf(field) === "number" ? "numeric" : undefined}
      style={style}
      title={failed}
      data-pinned={pinned || undefined}
      data-bad={failed ? true : undefined}
      data-cell={name}
      tabIndex={name ? 0 : undefined}
      onDoubleClick={name ? onEdit : undefined}
      onKeyDown={
        name
          ? (event) => {
              if (event.key !== "Enter" || event.target !== event.currentTarget) return;
              event.preventDefault();
              onEdit();
            }
          : undefined
      }
    >
      {wrap ? wrap(content) : content}
    </td>
  );
}
