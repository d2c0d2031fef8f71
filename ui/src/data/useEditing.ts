import { useRef, useState } from "react";

/** Which cell of a table is being filled in, by the name that its element has as `data-cell`. */
export function useEditing() {
  const table = useRef<HTMLTableElement>(null);
  const [editing, edit] = useState<string | null>(null);
  const end = (from: string, order: string[], to: 1 | -1 | 0 | null) => {
    const next = to ? order[order.indexOf(from) + to] : undefined;
    edit(next ?? null);
    if (to === null || next) return;
    // The keyboard stays where it was; the cell is there again with the next frame.
    requestAnimationFrame(() =>
      table.current?.querySelector<HTMLElement>(`[data-cell="${CSS.escape(from)}"]`)?.focus(),
    );
  };
  return { table, editing, edit, end };
}
