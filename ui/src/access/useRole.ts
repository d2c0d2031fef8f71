/** A role's permissions in tables, and how all of its changes are saved. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "../api";
import type { Role } from "./access";
import { fromResource, type Permissions, type Resource, toActions } from "./permissions";

/** A role as it is edited; tables without permissions of their own are absent. */
export interface Draft {
  title: string;
  strategy: string[];
  snippets: string[];
  tables: Record<string, Permissions>;
}

export const useResources = (role: string | undefined) =>
  useQuery({
    queryKey: ["roles", "resources", role],
    enabled: role !== undefined,
    queryFn: async () => (await call<Resource[]>(`roles/${role}/dataSourceResources:list`)).data,
  });

export const draftOf = (role: Role, resources: Resource[]): Draft => ({
  title: role.title ?? "",
  strategy: (role.strategy?.actions ?? []).toSorted(),
  snippets: role.snippets,
  tables: Object.fromEntries(
    resources
      .filter((each) => each.usingActionsConfig)
      .map((each) => [each.name, fromResource(each)]),
  ),
});

/** A value with the names of its objects in order: what is the same reads the same. */
const ordered = (_: string, value: unknown) =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
    : value;

export const differ = (one: unknown, other: unknown) =>
  JSON.stringify(one, ordered) !== JSON.stringify(other, ordered);

/** Saves what differs, table by table: what one of them refuses, the others keep. */
export function useSaveRole(role: Role, resources: Resource[]) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (draft: Draft) => {
      const before = draftOf(role, resources);
      const { tables, ...general } = draft;
      const { tables: tablesBefore, ...generalBefore } = before;
      if (differ(general, generalBefore))
        await call(`roles:update/${role.name}`, {
          body: {
            title: draft.title,
            strategy: { actions: draft.strategy },
            snippets: draft.snippets,
          },
        });
      const path = `roles/${role.name}/dataSourceResources`;
      for (const name of new Set([...Object.keys(tables), ...Object.keys(tablesBefore)])) {
        const wanted = tables[name];
        if (!differ(wanted, tablesBefore[name])) continue;
        const exists = resources.some((each) => each.name === name);
        if (!wanted) await call(`${path}:destroy`, { query: { filterByTk: name }, method: "POST" });
        else
          await call(`${path}:${exists ? "update" : "create"}`, {
            query: exists ? { filterByTk: name } : {},
            body: { name, usingActionsConfig: true, actions: toActions(wanted) },
          });
      }
    },
    onSettled: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: ["roles"] }),
        queries.invalidateQueries({ queryKey: ["abilities"] }),
      ]);
    },
  });
}
