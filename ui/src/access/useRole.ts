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

/** Saves what differs, all of it or nothing. */
export function useSaveRole(role: Role, resources: Resource[]) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ title, strategy, snippets, tables }: Draft) => {
      const before = draftOf(role, resources).tables;
      const changed = [...new Set([...Object.keys(tables), ...Object.keys(before)])]
        .filter((name) => differ(tables[name], before[name]))
        .map((name) => [name, tables[name] ? { actions: toActions(tables[name]) } : null]);
      return call(`roles:save/${role.name}`, {
        body: {
          title,
          strategy: { actions: strategy },
          snippets,
          resources: Object.fromEntries(changed),
        },
      });
    },
    onSettled: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: ["roles"] }),
        queries.invalidateQueries({ queryKey: ["abilities"] }),
      ]);
    },
  });
}
