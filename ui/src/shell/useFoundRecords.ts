import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { type Collection, call, type Row } from "../api";
import { may, titleOf, useAbilities, useCollections } from "../queries";

const TYPING_MILLISECONDS = 250;
const SHORTEST = 2;
const TABLES_AT_A_TIME = 5;
const MOST_TABLES = 20;
const ENOUGH = 8;
const OF_ONE_TABLE = 3;

export interface FoundRecord {
  table: string;
  key: string;
  title: string;
  tableTitle: string;
}

/** Records with this text in the tables that the role may view, a few tables at a time. */
export function useFoundRecords(typed: string): FoundRecord[] {
  const [search] = useDebouncedValue(typed.trim(), TYPING_MILLISECONDS);
  const { data: abilities } = useAbilities();
  const { data: collections = [] } = useCollections();
  const tables = collections
    .filter((each) => may(abilities, each.name, "view"))
    .slice(0, MOST_TABLES);
  const { data = [] } = useQuery({
    queryKey: ["records", "palette", search, tables.map((each) => each.name)],
    enabled: search.length >= SHORTEST,
    queryFn: async ({ signal }) => {
      const found: FoundRecord[] = [];
      for (let n = 0; n < tables.length && found.length < ENOUGH; n += TABLES_AT_A_TIME) {
        const asked = tables.slice(n, n + TABLES_AT_A_TIME);
        found.push(
          ...(await Promise.all(asked.map((each) => inTable(each, search, signal)))).flat(),
        );
      }
      return found;
    },
  });
  return search.length >= SHORTEST ? data : [];
}

async function inTable(table: Collection, search: string, signal: AbortSignal) {
  const given = [table.filterTargetKey ?? []].flat();
  const key = given[0] ?? table.fields.find((each) => each.primaryKey)?.name;
  // A record's page is found by one key.
  if (!key || given.length > 1) return [];
  const title =
    table.titleField ?? table.fields.find((each) => each.type === "string" && !each.hidden)?.name;
  const { data } = await call<Row[]>(`${table.name}:list`, {
    query: { search, pageSize: OF_ONE_TABLE, fields: [key, ...(title ? [title] : [])] },
    signal,
  });
  return data.map((row) => ({
    table: table.name,
    key: String(row[key]),
    title: String((title && row[title]) || row[key]),
    tableTitle: titleOf(table),
  }));
}
