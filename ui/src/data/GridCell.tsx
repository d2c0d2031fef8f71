import { Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { ApiError, type Collection, call, type Field, type Row } from "../api";
import { titleOf, useCollections } from "../queries";
import { keyName, kindOf, mayFill, toSend } from "./fields";
import styles from "./Grid.module.css";
import { Input } from "./Input";
import { Value } from "./Value";

interface Props {
  collection: Collection;
  field: Field;
  row: Row;
  editable: boolean;
  /** Makes the cell a link that opens the record. */
  wrap?: (content: ReactNode) => ReactNode;
}

/** A cell that a double click or Enter makes an input. */
export function GridCell({ collection, field, row, editable, wrap }: Props) {
  const queries = useQueryClient();
  const target = useCollections().data?.find((each) => each.name === field.target);
  const [draft, setDraft] = useState<{ value: unknown } | null>(null);
  const save = useMutation({
    mutationFn: (value: unknown) =>
      call(`${collection.name}:update/${row[keyName(collection)]}`, {
        body: { [field.name]: toSend(field, value, target) },
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["records", collection.name] }),
  });
  const can = editable && mayFill(field);
  const begin = () => can && setDraft({ value: row[field.name] });
  const end = () => {
    if (draft && draft.value !== row[field.name]) save.mutate(draft.value);
    setDraft(null);
  };
  const numeric = kindOf(field) === "number" ? "numeric" : undefined;

  if (draft)
    return (
      <td
        className={styles.editing}
        onBlur={(event) => {
          if (!event.currentTarget.contains(event.relatedTarget)) end();
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.preventDefault();
            setDraft(null);
          } else if (event.key === "Enter" && !event.shiftKey && !event.defaultPrevented) end();
        }}
      >
        <Input
          field={field}
          label={titleOf(field)}
          value={draft.value}
          autoFocus
          onChange={(value) => setDraft({ value })}
        />
      </td>
    );
  const failed = save.error instanceof ApiError ? save.error.detail : save.error?.message;
  const shown = save.isPending || save.isError ? save.variables : row[field.name];
  const content = <Value field={field} value={shown} target={target} />;
  return (
    <Tooltip label={failed} disabled={!failed} multiline maw={320}>
      <td
        className={numeric}
        data-bad={failed ? true : undefined}
        tabIndex={can ? 0 : undefined}
        onDoubleClick={begin}
        onKeyDown={(event) => {
          if (event.key === "Enter" && event.target === event.currentTarget) {
            event.preventDefault();
            begin();
          }
        }}
      >
        {wrap ? wrap(content) : content}
      </td>
    </Tooltip>
  );
}
