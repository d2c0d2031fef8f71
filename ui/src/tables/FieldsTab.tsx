import { Button, Group } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Collection, Field } from "../api";
import { titleOf } from "../queries";
import { AddField } from "./AddField";
import { applied, type FieldChange, withChange } from "./changes";
import { FieldDrawer } from "./FieldDrawer";
import { Review } from "./Review";
import styles from "./Tables.module.css";

interface Props {
  collection: Collection;
  collections: Collection[];
  etag: string | null;
  onApplied: () => Promise<unknown>;
}

/** The fields of a table; changes wait until they are reviewed. */
export function FieldsTab({ collection, collections, etag, onApplied }: Props) {
  const { t } = useTranslation();
  const [changes, setChanges] = useState<FieldChange[]>([]);
  const [open, setOpen] = useState<{ field: Field; isNew: boolean } | null>(null);
  const [reviewing, setReviewing] = useState(false);
  const fields = applied(collection.fields, changes);
  const add = (change: FieldChange) => {
    setChanges(withChange(changes, change));
    setOpen(null);
  };
  return (
    <div className={styles.stage}>
      <div className={styles.main}>
        <Group p={8} justify="flex-end">
          <AddField
            onChoose={(type) =>
              setOpen({ field: { name: "", type, uiSchema: { title: "" } }, isNew: true })
            }
          />
        </Group>
        <div style={{ flex: 1 }}>
          <table className="table">
            <thead>
              <tr>
                <th>{t("title")}</th>
                <th>{t("name")}</th>
                <th>{t("tables:kind")}</th>
                <th>{t("tables:required")}</th>
                <th>{t("tables:unique")}</th>
                <th>{t("tables:target")}</th>
              </tr>
            </thead>
            <tbody>
              {fields.map((each) => (
                <tr key={each.name}>
                  <td>
                    <button
                      type="button"
                      className={styles.link}
                      disabled={each.primaryKey}
                      onClick={() =>
                        setOpen({
                          field: each,
                          isNew: changes.some((c) => c.do === "add" && c.field.name === each.name),
                        })
                      }
                    >
                      {titleOf(each)}
                    </button>
                  </td>
                  <td className="mono">{each.name}</td>
                  <td className="dim">
                    {t(`tables:type.${each.type}`, { defaultValue: each.type })}
                  </td>
                  <td>{each.primaryKey || each.allowNull === false ? "●" : ""}</td>
                  <td>{each.primaryKey || each.unique ? "●" : ""}</td>
                  <td className="mono">{each.target ?? ""}</td>
                </tr>
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
            <Button onClick={() => setReviewing(true)}>{t("tables:review")}</Button>
          </div>
        )}
      </div>
      {open && (
        <FieldDrawer
          key={open.field.name || open.field.type}
          initial={open.field}
          isNew={open.isNew}
          // Also a name that is about to be dropped: two fields of one name cannot wait together.
          taken={[...collection.fields, ...fields]
            .map((each) => each.name)
            .filter((each) => each !== open.field.name)}
          collections={collections}
          onClose={() => setOpen(null)}
          onDrop={open.field.name ? () => add({ do: "drop", name: open.field.name }) : undefined}
          onSave={(field) => {
            const { name } = open.field;
            const renamed = open.isNew && name !== "" && name !== field.name;
            const before = renamed ? withChange(changes, { do: "drop", name }) : changes;
            const next: FieldChange = open.isNew
              ? { do: "add", field }
              : { do: "update", name: field.name, field };
            setChanges(withChange(before, next));
            setOpen(null);
          }}
        />
      )}
      {reviewing && (
        <Review
          collection={collection}
          changes={changes}
          etag={etag}
          onClose={() => setReviewing(false)}
          onDone={async (left) => {
            // First these: until the table is read again, no field is there twice.
            setChanges(left);
            await onApplied();
            if (left.length === 0) setReviewing(false);
          }}
        />
      )}
    </div>
  );
}
