/** A role's permissions as the page edits them: pure changes of lists. */

/** The administrative permissions that the server asks for. */
export const SYSTEM = [
  "pm.data-source-manager.main",
  "pm.workflow.workflows",
  "pm.ui.buttons",
  "pm.users",
  "pm.acl.roles",
  "pm.system-settings",
] as const;

export const ACTIONS = ["view", "create", "update", "destroy"] as const;
export type Action = (typeof ACTIONS)[number];

/** Which records an action covers; a condition is a filter. */
export type Scope =
  | { kind: "all" }
  | { kind: "own" }
  | { kind: "filter"; filter: unknown; id?: number };

export interface Permission {
  /** None: all fields. */
  fields: string[];
  scope: Scope;
}

/** What a role may do in one table, by action. */
export type Permissions = Record<string, Permission>;
export type Level = "none" | "own" | "all" | "some";

/** A role's own permissions in one table, as the server gives them. */
export interface Resource {
  id: number;
  name: string;
  usingActionsConfig: boolean;
  actions: {
    name: string;
    fields: string[] | null;
    scope: { id: number; key: string; scope: unknown } | null;
  }[];
}

const matches = (pattern: string, name: string) =>
  new RegExp(`^${pattern.replaceAll(".", "\\.").replaceAll("*", ".*")}$`).test(name);

const allows = (snippets: string[], name: string) =>
  snippets.some((each) => !each.startsWith("!") && matches(each, name));

/** Whether a list of snippets grants a permission; what it refuses wins. */
export const granted = (snippets: string[], name: string) =>
  allows(snippets, name) &&
  !snippets.some((each) => each.startsWith("!") && matches(each.slice(1), name));

/** The snippets with one permission given or taken, and every other one as it was. */
export function withSystem(snippets: string[], name: string, on: boolean): string[] {
  const kept = on
    ? snippets.filter((each) => !(each.startsWith("!") && matches(each.slice(1), name)))
    : snippets.filter((each) => each !== name);
  if (on !== granted(kept, name)) kept.push(on ? name : `!${name}`);
  for (const other of SYSTEM)
    if (other !== name && granted(kept, other) && !granted(snippets, other)) kept.push(`!${other}`);
  return kept;
}

/** How far the general strategy goes for an action. */
export const strategyLevel = (actions: string[], action: Action): Level =>
  actions.includes(action) || (action === "create" && actions.includes("create:own"))
    ? "all"
    : actions.includes(`${action}:own`)
      ? "own"
      : "none";

export function withStrategy(actions: string[], action: Action, level: Level): string[] {
  const others = actions.filter((each) => each !== action && each !== `${action}:own`);
  const added = level === "none" ? [] : [level === "own" ? `${action}:own` : action];
  return [...others, ...added].toSorted();
}

/** What the strategy means in a table: where its own permissions begin. */
export function inherited(actions: string[], hasOwner: boolean): Permissions {
  const found: Permissions = {};
  for (const action of ACTIONS) {
    const level = strategyLevel(actions, action);
    if (level === "all") found[action] = { fields: [], scope: { kind: "all" } };
    if (level === "own" && hasOwner) found[action] = { fields: [], scope: { kind: "own" } };
  }
  return found;
}

/** Whether a scope is a condition that leaves something out. */
const limits = (scope: Scope) =>
  scope.kind === "filter" && Object.keys(scope.filter ?? {}).length > 0;

export function levelOf(permission: Permission | undefined): Level {
  if (!permission) return "none";
  if (limits(permission.scope) || permission.fields.length > 0) return "some";
  return permission.scope.kind === "own" ? "own" : "all";
}

/** What a click on a cell makes of it; only records with an author can be one's own. */
export function nextLevel(level: Level, hasOwn: boolean): "none" | "own" | "all" {
  if (level === "none") return hasOwn ? "own" : "all";
  return level === "all" ? "none" : "all";
}

export function withLevel(given: Permissions, action: Action, level: Level): Permissions {
  const { [action]: _, ...others } = given;
  return level === "none" || level === "some"
    ? others
    : { ...others, [action]: { fields: [], scope: { kind: level } } };
}

function scopeOf(given: Resource["actions"][number]["scope"]): Scope {
  if (!given || given.key === "all") return { kind: "all" };
  if (given.key === "own") return { kind: "own" };
  return { kind: "filter", filter: given.scope, id: given.id };
}

export const fromResource = (resource: Resource): Permissions =>
  Object.fromEntries(
    resource.actions.map((each) => [
      each.name,
      { fields: each.fields ?? [], scope: scopeOf(each.scope) },
    ]),
  );

function scopeBody(scope: Scope): unknown {
  if (scope.kind === "own") return { key: "own" };
  if (scope.kind === "all" || !limits(scope)) return null;
  return scope.id === undefined ? { scope: scope.filter } : { id: scope.id };
}

/** The permissions as the server takes them. */
export const toActions = (permissions: Permissions) =>
  Object.entries(permissions).map(([name, { fields, scope }]) => ({
    name,
    fields,
    scope: scopeBody(scope),
  }));
