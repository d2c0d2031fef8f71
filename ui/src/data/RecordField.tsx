import { ActionIcon, VisuallyHidden } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { ArrowUpRight } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, type Collection, type Field, type Row } from "../api";
import { keyName, kindOf, mayFill, titleOfRecord } from "../parts/fields";
import { Value } from "../parts/Value";
import { titleOf, useCollections } from "../queries";
import styles from "./Grid.module.css";
import { Input } from "./Input";
import { isConflict, useSaveField } from "./useRecord";

interface Props {
  collection: Collection;
  field: Field;
  row: Row;
  editable: boolean;
  /** Somebody else has changed the record meanwhile. */
  onConflict: () => void;
}

/** A field of a record: a click makes it an input, leaving it saves. */
export function RecordField({ collection, field, row, editable, onConflict }: Props) {
  const { t } = useTranslation();
  const target = useCollections().data?.find((each) => each.name === field.target);
  const [draft, setDraft] = useState<{ value: unknown; before: unknown } | null>(null);
  const save = useSaveField(collection, String(row[keyName(collection)]), field);
  const end = () => {
    if (!draft || draft.value === draft.before) return setDraft(null);
    save.mutate(draft, {
      onSuccess: () => setDraft(null),
      onError: (error) => isConflict(error) && onConflict(),
    });
  };
  const label = titleOf(field);
  const error = isConflict(save.error)
    ? t("data:notSaved")
    : save.error instanceof ApiError
      ? (save.error.byField[field.name] ?? save.error.detail)
      : save.error?.message;
  const one = kindOf(field) === "one" ? row[field.name] : null;
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
            onChange={(value) => setDraft({ ...draft, value })}
          />
        </fieldset>
      )}
      {!draft && editable && mayFill(field) && (
        <button
          type="button"
          className={styles.value}
          onClick={() => setDraft({ value: row[field.name], before: row[field.name] })}
        >
          <VisuallyHidden>{label}: </VisuallyHidden>
          {shown}
        </button>
      )}
      {!draft && target && typeof one === "object" && one !== null && (
        <ActionIcon
          component={Link}
          to={`/data/${target.name}/${encodeURIComponent(String((one as Row)[keyName(target)]))}`}
          aria-label={t("data:openLinked", { name: titleOfRecord(target, one as Row) })}
        >
          <ArrowUpRight size={14} />
        </ActionIcon>
      )}
      {!draft && !(editable && mayFill(field)) && <span className={styles.value}>{shown}</span>}
    </div>
  );
}
