import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "../api";
import { nameOf, type Person } from "../parts/person";
import { mayManage, useAbilities, useMe } from "../queries";

interface Props {
  value: number | undefined;
  onChange: (user: number | undefined) => void;
}

/** One user, found by typing; who may not see the others can choose themselves. */
export function UserSelect({ value, onChange }: Props) {
  const { t } = useTranslation();
  const { data: me } = useMe();
  const { data: abilities } = useAbilities();
  const [typed, setTyped] = useState("");
  const [search] = useDebouncedValue(typed, 200);
  const { data: found } = useQuery({
    queryKey: ["users", "pick", search, value],
    enabled: mayManage(abilities, "pm.users"),
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const query = { pageSize: 20, sort: ["nickname"] };
      const users = (await call<Person[]>("users:list", { query: { ...query, search } })).data;
      if (!value || users.some((each) => each.id === value)) return users;
      const filter = { id: value };
      return [...users, ...(await call<Person[]>("users:list", { query: { filter } })).data];
    },
  });
  const people = found ?? (me ? [me as Person] : []);
  return (
    <Select
      aria-label={t("executions:user")}
      placeholder={t("executions:user")}
      clearable
      searchable
      value={value ? String(value) : null}
      data={people.map((each) => ({ value: String(each.id), label: nameOf(each) }))}
      // What is typed is looked for by the server; the chosen one's name is typed, too.
      filter={({ options }) => options}
      onSearchChange={(next) => setTyped(people.some((each) => nameOf(each) === next) ? "" : next)}
      onChange={(next) => onChange(next ? Number(next) : undefined)}
    />
  );
}
