import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { call, type Row } from "../api";
import { keyName, titleOfRecord } from "../parts/fields";
import { useCollections } from "../queries";

interface Props {
  target: string;
  label: string;
  error?: string;
  placeholder?: string;
  value: Row | null;
  onChange: (value: Row | null) => void;
}

/** One record of another table, found by typing. */
export function RelationPicker({ target, label, error, placeholder, value, onChange }: Props) {
  const collection = useCollections().data?.find((each) => each.name === target);
  const key = collection ? keyName(collection) : "id";
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed, 200);
  const { data } = useQuery({
    queryKey: ["records", target, "pick", search],
    placeholderData: keepPreviousData,
    queryFn: async () =>
      (await call<Row[]>(`${target}:list`, { query: { search, pageSize: 20 } })).data,
  });
  const known = [...(value ? [value] : []), ...(data ?? [])].filter(
    (row, n, all) => all.findIndex((each) => String(each[key]) === String(row[key])) === n,
  );
  return (
    <Select
      aria-label={label}
      error={error}
      placeholder={placeholder}
      searchable
      clearable
      value={value ? String(value[key]) : null}
      data={known.map((row) => ({
        value: String(row[key]),
        label: titleOfRecord(collection, row),
      }))}
      filter={({ options }) => options}
      onSearchChange={setTyped}
      onChange={(next) => onChange(known.find((row) => String(row[key]) === next) ?? null)}
    />
  );
}
