import { Button, Group } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Collection, Field } from "../api";
import { useFieldTypes } from "../queries";
import { AddField } from "./AddField";
import { applied, type FieldChange, named, patchOf, stillApplies, withChange } from "./changes";
import { FieldDrawer } from "./FieldDrawer";
import { FieldRow } from "./FieldRow";
import { Review } from "./Review";
import styles from "./Tables.module.css";
import type { Kind } from "./types";

interface Props {
  collection: Collection;
  collections: Collection[];
  etag: string | null;
  /** Reads the table again. */
  onReload: () => Promise<{ collection: Collection; etag: string | null }>;
}

interface Reviewed {
  changes: FieldChange[];
  /** Those that a change by somebody else has made pointless. */
  lost: FieldChange[];
  etag: string | null;
  round: number;
}

const COLUMNS = ["name", "tables:kind", "tables:required", "tables:unique", "tables:default"];

/** The fields of a table; changes wait until they are reviewed. */
export function FieldsTab({ collection, collections, etag, onReload }: Props) {
  const { t } = useTranslation();
  const { data: types = [] } = useFieldTypes();
  const [changes, setChanges] = useState<FieldChange[]>([]);
  const [open, setOpen] = useState<{ field: Field; isNew: boolean } | null>(null);
  // Each look at the changes is a review of its own, of the table as it was then.
  const [review, setReview] = useState<Reviewed | null>(null);
  const fields = applied(collection.fields, changes);
  const isAdded = (name: string) => changes.some((c) => c.do === "add" && named(c) === name);
  const drop = (name: string) => {
    setChanges(withChange(changes, { do: "drop", name }));
    setOpen(null);
  };
  const begin = (kind: Kind) => {
    const type = types.find((each) => each.type === kind.type);
    const field = { type: kind.type, interface: kind.interface ?? type?.interfaces[0] };
    setOpen({ field: { ...field, name: "", uiSchema: { title: "" } }, isNew: true });
  };
  const save = (before: Field, isNew: boolean, field: Field) => {
    const renamed = isNew && before.name !== "" && before.name !== field.name;
    const others = renamed ? withChange(changes, { do: "drop", name: before.name }) : changes;
    const now = collection.fields.find((each) => each.name === field.name) ?? before;
    setChanges(
      withChange(
        others,
        isNew
          ? { do: "add", field }
          : { do: "update", name: field.name, patch: patchOf(now, field) },
      ),
    );
    setOpen(null);
  };
  const reload = async () => {
    const now = await onReload();
    const kept = changes.filter((each) => stillApplies(now.collection.fields, each));
    const lost = changes.filter((each) => !kept.includes(each));
    setChanges(kept);
    setReview({ changes: kept, lost, etag: now.etag, round: (review?.round ?? 0) + 1 });
  };
  return (
    <div className={styles.stage}>
      <div className={styles.main}>
        <Group p={8} justify="flex-end">
          <AddField onChoose={begin} />
        </Group>
        <div className={styles.scroll}>
          <table className="table">
            <thead>
              <tr>
                <th>{t("title")}</th>
                {COLUMNS.map((each) => (
                  <th key={each}>{t(each)}</th>
                ))}
                <th>{t("tables:target")}</th>
              </tr>
            </thead>
            <tbody>
              {fields.map((each) => (
                <FieldRow
                  key={each.name}
                  field={each}
                  waits={changes.some((change) => named(change) === each.name)}
                  onOpen={() => setOpen({ field: each, isNew: isAdded(each.name) })}
                />
              ))}
            </tbody>
          </table>
        </div>
        {changes.length > 0 && (
          <div className={styles.waiting} role="status">
            <span className="grow">{t("tables:waiting", { count: changes.length })}</span>
            <Button variant="default" onClick={() => setChanges([])}>
              {t("tables:discard")}
            </Button>
            <Button onClick={() => setReview({ changes, lost: [], etag, round: 0 })}>
              {t("tables:review")}
            </Button>
          </div>
        )}
      </div>
      {open && (
        <FieldDrawer
          key={open.field.name || `${open.field.type} ${open.field.interface}`}
          initial={open.field}
          isNew={open.isNew}
          // Also a name that is about to be dropped: two fields of one name cannot wait together.
          taken={[...collection.fields, ...fields]
            .map((each) => each.name)
            .filter((each) => each !== open.field.name)}
          collections={collections}
          onClose={() => setOpen(null)}
          onDrop={open.field.name ? () => drop(open.field.name) : undefined}
          onSave={(field) => save(open.field, open.isNew, field)}
        />
      )}
      {review && (
        <Review
          key={review.round}
          collection={collection}
          changes={review.changes}
          lost={review.lost}
          etag={review.etag}
          onApplied={async (done) => {
            // First these: until the table is read again, no field is there twice.
            setChanges((all) => all.filter((each) => !done.includes(each)));
            await onReload();
          }}
          onReload={reload}
          onClose={() => setReview(null)}
        />
      )}
    </div>
  );
}
