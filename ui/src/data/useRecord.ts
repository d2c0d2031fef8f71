import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, type Collection, call, type Field, type Row } from "../api";
import { associationNames, toSend } from "../parts/fields";
import { useCollections } from "../queries";

interface Read {
  row: Row | null;
  etag: string | null;
}

const keyOf = (table: string, id: string) => ["records", table, "one", id];

/** A record as it is now, with these associations. */
export async function readRecord(table: string, id: string, appends: string[]): Promise<Read> {
  const { data, etag } = await call<Row | null>(`${table}:get`, {
    query: { filterByTk: id, appends },
  });
  return { row: data, etag };
}

/** One record, and the ETag that changes to it are based on. */
export const useRecord = (collection: Collection, id: string) =>
  useQuery({
    queryKey: keyOf(collection.name, id),
    enabled: id !== "new",
    queryFn: () => readRecord(collection.name, id, associationNames(collection)),
  });

export const isConflict = (error: unknown) => error instanceof ApiError && error.status === 412;

/** What is kept of a value that a form began with. */
const seen = (value: unknown) => JSON.stringify(value ?? null);

interface Written {
  table: string;
  id: string;
  field: Field;
  /** The table that the field leads to. */
  target: Collection | undefined;
  value: unknown;
  /** What the field had when its form began. */
  before: unknown;
  /** What is known of the record now; none: it is written whatever is there. */
  now: Read | undefined;
}

/** Writes one field of a record; a conflict (412) if it is not any more what its form began with. */
export async function writeField({ table, id, field, target, value, before, now }: Written) {
  if (now && seen(now.row?.[field.name]) !== seen(before))
    throw new ApiError(412, "PRECONDITION_FAILED", "", [], null, null);
  return call(`${table}:update/${encodeURIComponent(id)}`, {
    body: { [field.name]: toSend(field, value, target) },
    match: now?.etag,
  });
}

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
      return writeField({ table, id, field, target, value, before, now });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["records", table] }),
  });
}
