import { Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiError, type Collection, call, type Row } from "../api";
import { useCollections } from "../queries";
import { CellInput } from "./CellInput";
import type { Column } from "./columns";
import { keyName, kindOf, toSend } from "./fields";
import { Value } from "./Value";

interface Props {
  collection: Collection;
  column: Column;
  row: Row;
  /** What the table calls the cell; none: it cannot be edited. */
  name?: string;
  editing: boolean;
  onEdit: () => void;
  onEnd: (to: 1 | -1 | 0 | null) => void;
  /** Makes the cell a link that opens the record. */
  wrap?: (content: ReactNode) => ReactNode;
}

/** A cell that a double click or Enter makes an input. */
export function GridCell({ collection, column, row, name, editing, onEdit, onEnd, wrap }: Props) {
  const { field, pinned, style } = column;
  const queries = useQueryClient();
  const target = useCollections().data?.find((each) => each.name === field.target);
  const save = useMutation({
    mutationFn: (value: unknown) =>
      call(`${collection.name}:update/${row[keyName(collection)]}`, {
        body: { [field.name]: toSend(field, value, target) },
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["records", collection.name] }),
  });
  const shown = save.isPending || save.isError ? save.variables : row[field.name];
  if (editing)
    return (
      <CellInput
        field={field}
        value={shown}
        style={style}
        pinned={pinned}
        onSave={save.mutate}
        onEnd={onEnd}
      />
    );
  const failed = save.error instanceof ApiError ? save.error.detail : save.error?.message;
  const content = <Value field={field} value={shown} target={target} />;
  return (
    <Tooltip label={failed} disabled={!failed} multiline maw={320}>
      <td
        className={kindOf(field) === "number" ? "numeric" : undefined}
        style={style}
        data-pinned={pinned || undefined}
        data-bad={failed ? true : undefined}
        data-cell={name}
        tabIndex={name ? 0 : undefined}
        onDoubleClick={name ? onEdit : undefined}
        onKeyDown={(event) => {
          if (name && event.key === "Enter" && event.target === event.currentTarget) {
            event.preventDefault();
            onEdit();
          }
        }}
      >
        {wrap ? wrap(content) : content}
      </td>
    </Tooltip>
  );
}
