import { VisuallyHidden } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError, type Collection, call, type Field, type Row } from "../api";
import { titleOf, useCollections } from "../queries";
import { keyName, mayFill, toSend } from "./fields";
import styles from "./Grid.module.css";
import { Input } from "./Input";
import { Value } from "./Value";

interface Props {
  collection: Collection;
  field: Field;
  row: Row;
  editable: boolean;
}

/** A field of a record: a click makes it an input, leaving it saves. */
export function RecordField({ collection, field, row, editable }: Props) {
  const queries = useQueryClient();
  const target = useCollections().data?.find((each) => each.name === field.target);
  const [draft, setDraft] = useState<{ value: unknown } | null>(null);
  const save = useMutation({
    mutationFn: (value: unknown) =>
      call(`${collection.name}:update/${row[keyName(collection)]}`, {
        body: { [field.name]: toSend(field, value, target) },
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["records", collection.name] });
      setDraft(null);
    },
  });
  const end = () => {
    if (!draft || draft.value === row[field.name]) setDraft(null);
    else save.mutate(draft.value);
  };
  const label = titleOf(field);
  const error =
    save.error instanceof ApiError
      ? (save.error.byField[field.name] ?? save.error.detail)
      : save.error?.message;
  const shown = <Value field={field} value={row[field.name]} target={target} />;
  return (
    <div className={styles.field}>
      <span className={styles.label}>{label}</span>
      {draft && (
        <fieldset
          className={styles.bare}
          onBlur={(event) => {
            if (!event.currentTarget.contains(event.relatedTarget)) end();
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              event.preventDefault();
              save.reset();
              setDraft(null);
            }
          }}
        >
          <Input
            field={field}
            label={label}
            value={draft.value}
            error={error}
            autoFocus
            onChange={(value) => setDraft({ value })}
          />
        </fieldset>
      )}
      {!draft && editable && mayFill(field) && (
        <button
          type="button"
          className={styles.value}
          onClick={() => setDraft({ value: row[field.name] })}
        >
          <VisuallyHidden>{label}: </VisuallyHidden>
          {shown}
        </button>
      )}
      {!draft && !(editable && mayFill(field)) && <span className={styles.value}>{shown}</span>}
    </div>
  );
}
