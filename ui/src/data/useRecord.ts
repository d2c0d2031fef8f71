import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, type Collection, call, type Field, type Row } from "../api";
import { useCollections } from "../queries";
import { associationNames, toSend } from "./fields";

interface Read {
  row: Row | null;
  etag: string | null;
}

const keyOf = (table: string, id: string) => ["records", table, "one", id];

/** One record, and the ETag that changes to it are based on. */
export const useRecord = (collection: Collection, id: string) =>
  useQuery({
    queryKey: keyOf(collection.name, id),
    enabled: id !== "new",
    queryFn: async (): Promise<Read> => {
      const { data, etag } = await call<Row | null>(`${collection.name}:get`, {
        query: { filterByTk: id, appends: associationNames(collection) },
      });
      return { row: data, etag };
    },
  });

export const isConflict = (error: unknown) => error instanceof ApiError && error.status === 412;

/** What is kept of a value that a form began with. */
export const seen = (value: unknown) => JSON.stringify(value ?? null);

/** Saves one field of a record, if nobody else has changed it meanwhile. */
export function useSaveField(collection: Collection, id: string, field: Field) {
  const queries = useQueryClient();
  const target = useCollections().data?.find((each) => each.name === field.target);
  const table = collection.name;
  return useMutation({
    // One after the other: each is based on what the one before it has written.
    scope: { id: `${table}/${id}` },
    mutationFn: ({ value, before }: { value: unknown; before: unknown }) => {
      const now = queries.getQueryData<Read>(keyOf(table, id));
      if (now && seen(now.row?.[field.name]) !== seen(before))
        throw new ApiError(412, "PRECONDITION_FAILED", "", [], null, null);
      return call(`${table}:update/${encodeURIComponent(id)}`, {
        body: { [field.name]: toSend(field, value, target) },
        match: now?.etag,
      });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["records", table] }),
  });
}
