import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { type Collection, call, type Field, type Row } from "../api";
import { associationNames, kindOf, mayFill, shownFields, titleOfRecord } from "../parts/fields";
import { Value } from "../parts/Value";
import { titleOf, useCollections } from "../queries";
import styles from "./Inbox.module.css";
import type { Task } from "./task";

/** The record that a task is about, to read; nothing where the role may not view it. */
export function RecordFields({ task }: { task: Task }) {
  const { data: collections = [] } = useCollections();
  const collection = collections.find((each) => each.name === task.collection);
  if (!collection || !task.record) return null;
  return <Fields collection={collection} row={task.record} id={String(task.recordKey)} />;
}

function Fields({ collection, row, id }: { collection: Collection; row: Row; id: string }) {
  const { t } = useTranslation();
  const { data: collections = [] } = useCollections();
  // The task has the record's own values; what it is linked to is read with the record.
  const { data } = useQuery({
    queryKey: ["records", collection.name, "asked", id],
    queryFn: async () => {
      const query = { filterByTk: id, appends: associationNames(collection) };
      return (await call<Row | null>(`${collection.name}:get`, { query })).data;
    },
  });
  const shown = data ?? row;
  const fields = shownFields(collection).filter(
    (each) => kindOf(each) !== "many" && tells(each) && shown[each.name] !== undefined,
  );
  return (
    <div className={styles.record}>
      <h3>
        {titleOf(collection)}{" "}
        <Link to={`/data/${collection.name}/${encodeURIComponent(id)}` as string}>
          {titleOfRecord(collection, shown)}
        </Link>
      </h3>
      <dl aria-label={t("inbox:record")}>
        {fields.map((each) => (
          <div key={each.name} className={styles.fact}>
            <dt>{titleOf(each)}</dt>
            <dd>
              <Value
                field={each}
                value={shown[each.name]}
                target={collections.find((other) => other.name === each.target)}
                linked
              />
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** What people have filled in, and who made the record: that is what they decide by. */
const tells = (field: Field) => mayFill(field) || field.name === "createdBy";
