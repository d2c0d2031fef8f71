import { type KeyboardEvent, useRef, useState } from "react";
import type { Field } from "../api";
import { titleOf } from "../queries";
import styles from "./Grid.module.css";
import { Input } from "./Input";

interface Props {
  field: Field;
  value: unknown;
  style?: React.CSSProperties;
  pinned: boolean;
  onSave: (value: unknown) => void;
  /** Where to go from here: to the next cell, to the one before, to the cell, nowhere. */
  onEnd: (to: 1 | -1 | 0 | null) => void;
}

/** The cell that is being filled in. */
export function CellInput({ field, value, style, pinned, onSave, onEnd }: Props) {
  const [draft, setDraft] = useState(value);
  // An input that goes away is left, too: that must not save again.
  const ended = useRef(false);
  const end = (to: 1 | -1 | 0 | null, save = true) => {
    if (ended.current) return;
    ended.current = true;
    if (save && draft !== value) onSave(draft);
    onEnd(to);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.preventDefault();
      end(0, false);
    } else if (event.key === "Tab") {
      event.preventDefault();
      end(event.shiftKey ? -1 : 1);
    } else if (event.key === "Enter" && !event.shiftKey && !event.defaultPrevented) {
      event.preventDefault();
      end(0);
    }
  };
  return (
    <td
      className={styles.editing}
      style={style}
      data-pinned={pinned || undefined}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) end(null);
      }}
      onKeyDown={press}
    >
      <Input field={field} label={titleOf(field)} value={draft} autoFocus onChange={setDraft} />
    </td>
  );
}
