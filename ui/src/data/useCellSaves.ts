import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError, type Collection, call, type Field, type Row } from "../api";
import { useCollections } from "../queries";
import { keyName, toSend } from "./fields";
import { seen } from "./useRecord";

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
    const key = row[keyName(collection)];
    const target = collections?.find((each) => each.name === field.target);
    setSaving((old) => ({ ...old, [cell]: { value } }));
    try {
      const now = await call<Row | null>(`${table}:get`, {
        query: { filterByTk: String(key), appends: field.target ? [field.name] : [] },
      });
      if (seen(now.data?.[field.name]) !== seen(row[field.name]))
        throw new ApiError(412, "PRECONDITION_FAILED", t("data:conflict"), [], null, null);
      await call(`${table}:update/${encodeURIComponent(String(key))}`, {
        body: { [field.name]: toSend(field, value, target) },
        match: now.etag,
      });
      await queries.invalidateQueries({ queryKey: ["records", table] });
      forget(cell);
    } catch (error) {
      const failed = error instanceof ApiError ? error.detail : String(error);
      setSaving((old) => ({ ...old, [cell]: { value, failed } }));
    }
  }

  return { saving, save };
}
