/** What several screens read: who is signed in, and the tables. */
import { useQuery } from "@tanstack/react-query";
import i18next from "i18next";
import { type Collection, call, session } from "./api";
import type { FlowNode } from "./parts/flow/tree";
import type { Label, TypeField, WorkflowType } from "./parts/form/types";

export interface Me {
  id: number;
  nickname: string | null;
  username: string | null;
  email: string | null;
  roles: { name: string; title: string | null }[];
  currentRole: string;
}

export interface Abilities {
  role: string;
  allowAll: boolean;
  snippets: string[];
  /** `posts:create` → what of it is allowed. */
  actions: Record<string, { fields?: string[]; filter?: unknown }>;
}

export const useMe = () =>
  useQuery({ queryKey: ["me"], queryFn: async () => (await call<Me>("auth:check")).data });

export const useAbilities = () =>
  useQuery({
    queryKey: ["abilities", session.role],
    queryFn: async () => (await call<Abilities>("roles:check")).data,
  });

/** All tables with their fields; the system's own ones are left out. */
export const useCollections = () =>
  useQuery({
    queryKey: ["collections"],
    queryFn: async () => (await call<Collection[]>("collections:listMeta")).data,
    select: (all) => all.filter((each) => each.system !== true),
  });

const COUNTED_EVERY_MILLISECONDS = 15_000;

/** How many tasks wait for who is signed in; executions ask while the page is open. */
export const useOpenTasks = () =>
  useQuery({
    queryKey: ["tasks", "count"],
    refetchInterval: COUNTED_EVERY_MILLISECONDS,
    refetchOnWindowFocus: "always",
    queryFn: async () => {
      const rows = await call<{ stats: { pending: number } }[]>("userWorkflowTasks:listMine");
      return rows.data.reduce((sum, each) => sum + each.stats.pending, 0);
    },
  });

const matches = (pattern: string, name: string) =>
  new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`).test(name);

/** The current version of every workflow, for lists to choose from. */
export const useWorkflows = ({ enabled = true } = {}) =>
  useQuery({
    queryKey: ["workflows", "names"],
    enabled,
    queryFn: async () =>
      (
        await call<Workflow[]>("workflows:list", {
          query: { pageSize: 200, filter: { current: true } },
        })
      ).data,
  });

/** Whether an administrative permission such as `pm.workflow.workflows` is granted. */
export function mayManage(abilities: Abilities | undefined, snippet: string): boolean {
  if (!abilities) return false;
  if (abilities.allowAll) return true;
  const refused = abilities.snippets.some((e) => e.startsWith("!") && matches(e.slice(1), snippet));
  return !refused && abilities.snippets.some((each) => matches(each, snippet));
}

export const may = (abilities: Abilities | undefined, table: string, action: string) =>
  abilities !== undefined && (abilities.allowAll || `${table}:${action}` in abilities.actions);

/** What people call a table or a field. */
export const titleOf = (thing: { title?: string | null; name: string } & Record<string, unknown>) =>
  thing.title ||
  (thing.uiSchema as { title?: string } | undefined)?.title ||
  (KEPT_BY_SERVER.has(thing.name) && "type" in thing
    ? i18next.t(`field.${thing.name}`)
    : thing.name);

const KEPT_BY_SERVER = new Set(["createdAt", "updatedAt", "createdBy", "updatedBy"]);

export interface Workflow {
  id: number;
  key: string;
  title: string | null;
  description: string | null;
  enabled: boolean;
  current: boolean | null;
  type: string;
  sync: boolean;
  config: Record<string, unknown>;
  options: Record<string, unknown>;
  executedAt: string | null;
  createdAt: string;
  updatedAt: string;
  nodes?: FlowNode[];
  stats?: { executed: number } | null;
}

export interface Types {
  nodes: WorkflowType[];
  triggers: WorkflowType[];
  /** The form of what holds for a workflow as a whole. */
  options: TypeField[];
}

export const useTypes = () =>
  useQuery({
    queryKey: ["workflow-types"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await call<Types>("workflow-types:list")).data,
  });

/** An option that fields of a type have besides those of every field. */
export interface FieldOption {
  name: string;
  kind: "integer" | "number" | "boolean" | "string" | "choice" | "list" | "collection" | "field";
  label: Label;
  hint: Label | null;
  required: boolean;
  /** It stays as it was when the field was made. */
  fixed: boolean;
  default: unknown;
  choices?: { value: string; label: Label }[];
  minimum?: number;
  maximum?: number;
}

export interface FieldType {
  type: string;
  label: Label;
  description: Label;
  interfaces: string[];
  /** What kind of values it has: `text`, `number`, `moment`, `none` … */
  kind: string;
  /** The filter operators that apply. */
  operators: string[];
  association: boolean;
  options: FieldOption[];
}

export const useFieldTypes = () =>
  useQuery({
    queryKey: ["field-types"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await call<FieldType[]>("field-types:list")).data,
  });

/** One version with its nodes, and the ETag that changes to it are based on. */
export const useVersion = (id: number | undefined) =>
  useQuery({
    queryKey: ["workflows", "version", id],
    enabled: id !== undefined,
    queryFn: async () => {
      const { data, etag } = await call<Workflow>(`workflows:get/${id}`, {
        query: { appends: ["nodes"] },
      });
      return { workflow: data, etag };
    },
  });
