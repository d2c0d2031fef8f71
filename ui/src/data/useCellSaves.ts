import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, type Collection, type Field, type Row } from "../api";
import { keyName } from "../parts/fields";
import { useCollections } from "../queries";
import { isConflict, readRecord, writeField } from "./useRecord";

interface Saving {
  value: unknown;
  /** Why it could not be saved. */
  failed?: string;
}

/** Saves cells of a table, each unless somebody else has changed its value meanwhile. */
export function useCellSaves(collection: Collection) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const collections = useCollections().data;
  const [saving, setSaving] = useState<Record<string, Saving>>({});
  const forget = (cell: string) => setSaving(({ [cell]: _, ...others }) => others);

  async function save(cell: string, row: Row, field: Field, value: unknown) {
    const table = collection.name;
    const id = String(row[keyName(collection)]);
    const target = collections?.find((each) => each.name === field.target);
    setSaving((old) => ({ ...old, [cell]: { value } }));
    try {
      const now = await readRecord(table, id, field.target ? [field.name] : []);
      await writeField({ table, id, field, target, value, before: row[field.name], now });
      await queries.invalidateQueries({ queryKey: ["records", table] });
      forget(cell);
    } catch (error) {
      const said = error instanceof ApiError ? error.detail : String(error);
      const failed = isConflict(error) ? t("data:conflict") : said;
      setSaving((old) => ({ ...old, [cell]: { value, failed } }));
    }
  }

  return { saving, save };
}
