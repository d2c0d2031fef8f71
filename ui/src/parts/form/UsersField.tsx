import { MultiSelect } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { call } from "../../api";
import { local } from "../../i18n";
import { mayManage, useAbilities, useMe } from "../../queries";
import { nameOf, type Person } from "../person";
import { asText, type WidgetProps } from "./types";

const isId = (given: unknown) => /^\d+$/.test(asText(given));

/** Users, found by typing, and variables that come to users. */
export function UsersField({ field, value, onChange, context, error }: WidgetProps) {
  const { t } = useTranslation();
  const chosen = Array.isArray(value) ? value.map(asText) : [];
  const [typed, setTyped] = useState("");
  const people = usePeople(typed, chosen.filter(isId).map(Number));
  const variables = context.variables.map((each) => ({
    value: `{{${each.path}}}`,
    label: `${each.group} / ${each.label}`,
  }));
  const known = new Set([
    ...people.map((each) => String(each.id)),
    ...variables.map((v) => v.value),
  ]);
  const others = chosen.filter((each) => !known.has(each));
  return (
    <MultiSelect
      label={local(field.title)}
      description={field.description ? local(field.description) : undefined}
      searchable
      error={error}
      hidePickedOptions
      nothingFoundMessage={t("nothingFound")}
      value={chosen}
      data={[
        {
          group: t("users"),
          items: people.map((each) => ({ value: String(each.id), label: nameOf(each) })),
        },
        { group: t("form:variables"), items: variables },
        // What was written by hand, or is a user that may not be seen.
        { group: t("form:others"), items: others.map((each) => ({ value: each, label: each })) },
      ].filter((each) => each.items.length > 0)}
      onSearchChange={setTyped}
      onChange={(next) => onChange(next.map((each) => (isId(each) ? Number(each) : each)))}
    />
  );
}

/** The users with this text in them, and those that are chosen; oneself for who may see no others. */
function usePeople(typed: string, chosen: number[]): Person[] {
  const { data: me } = useMe();
  const { data: abilities } = useAbilities();
  const [search] = useDebouncedValue(typed, 200);
  const { data } = useQuery({
    queryKey: ["users", "assignees", search, chosen],
    enabled: mayManage(abilities, "pm.users"),
    placeholderData: keepPreviousData,
    queryFn: async () => {
      const query = { pageSize: 20, sort: ["nickname"], search };
      const found = (await call<Person[]>("users:list", { query })).data;
      const missing = chosen.filter((id) => !found.some((each) => each.id === id));
      if (missing.length === 0) return found;
      const filter = { id: { $in: missing } };
      const named = { filter, pageSize: missing.length };
      return [...found, ...(await call<Person[]>("users:list", { query: named })).data];
    },
  });
  return data ?? (me ? [me as Person] : []);
}
