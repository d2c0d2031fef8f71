import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type Collection, call, type Row } from "../api";
import { associationNames, kindOf, shownFields, titleOfRecord } from "../parts/fields";
import { Value } from "../parts/Value";
import { titleOf, useCollections } from "../queries";
import styles from "./Activity.module.css";

const QUIET = new Set(["updatedAt", "updatedBy"]);

interface Props {
  collection: Collection;
  id: string;
  /** The record as the page has it. */
  seen: Row;
  onReload: () => void;
}

/** What somebody else has saved meanwhile: nothing of it is overwritten. */
export function Conflict({ collection, id, seen, onReload }: Props) {
  const { t } = useTranslation();
  const all = useCollections().data;
  const { data } = useQuery({
    queryKey: ["conflict", collection.name, id, seen.updatedAt],
    gcTime: 0,
    queryFn: async () =>
      (
        await call<Row | null>(`${collection.name}:get`, {
          query: { filterByTk: id, appends: associationNames(collection) },
        })
      ).data,
  });
  const who = data?.updatedBy ? titleOfRecord(undefined, data.updatedBy as Row) : "";
  const changed = shownFields(collection).filter(
    (each) =>
      data &&
      kindOf(each) !== "many" &&
      !QUIET.has(each.name) &&
      JSON.stringify(data[each.name] ?? null) !== JSON.stringify(seen[each.name] ?? null),
  );
  return (
    <div className={styles.conflict} role="alert">
      <div className="grow">
        <p className={styles.line}>{who ? t("data:conflictBy", { who }) : t("data:conflict")}</p>
        {changed.map((field) => (
          <p key={field.name} className={styles.line}>
            {titleOf(field)}:{" "}
            <strong>
              <Value
                field={field}
                value={data?.[field.name]}
                target={all?.find((each) => each.name === field.target)}
              />
            </strong>
          </p>
        ))}
      </div>
      <Button variant="default" onClick={onReload}>
        {t("data:reload")}
      </Button>
    </div>
  );
}
