/** What differs between two versions of a workflow, node by node.  Pure. */
import type { FlowNode } from "../parts/flow/tree";

export interface Difference {
  key: string;
  title: string;
  type: string;
  kind: "added" | "removed" | "moved" | "changed";
  /** The parts that differ, by their path in the configuration. */
  parts: { path: string; from: unknown; to: unknown }[];
}

interface Version {
  title: string | null;
  config: Record<string, unknown>;
  nodes?: FlowNode[];
}

/** From one version to another: first the trigger, then its nodes as they are drawn up. */
export function differences(from: Version, to: Version): Difference[] {
  const before = new Map((from.nodes ?? []).map((node) => [node.key, node]));
  const after = new Map((to.nodes ?? []).map((node) => [node.key, node]));
  const found: Difference[] = [];
  const trigger = [
    ...parts({ title: from.title }, { title: to.title }),
    ...parts(from.config, to.config),
  ];
  if (trigger.length > 0)
    found.push({ key: "trigger", title: "", type: "", kind: "changed", parts: trigger });
  for (const [key, node] of after) {
    const old = before.get(key);
    const said = { key, title: node.title ?? "", type: node.type };
    if (!old) {
      found.push({ ...said, kind: "added", parts: parts({}, node.config) });
      continue;
    }
    const changed = [
      ...parts({ title: old.title }, { title: node.title }),
      ...parts(old.config, node.config),
    ];
    if (changed.length > 0) found.push({ ...said, kind: "changed", parts: changed });
    if (placeOf(before, old) !== placeOf(after, node))
      found.push({ ...said, kind: "moved", parts: [] });
  }
  for (const [key, node] of before)
    if (!after.has(key))
      found.push({ key, title: node.title ?? "", type: node.type, kind: "removed", parts: [] });
  return found;
}

/** Behind which node, in which of its branches: versions number their nodes anew, keys stay. */
function placeOf(nodes: Map<string, FlowNode>, node: FlowNode): string {
  const upstream = [...nodes.values()].find((each) => each.id === node.upstreamId);
  return `${upstream?.key ?? ""}/${node.branchIndex ?? ""}`;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parts(from: unknown, to: unknown, path = ""): Difference["parts"] {
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  if (!isObject(from) || !isObject(to)) return [{ path, from, to }];
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((name) =>
    parts(from[name], to[name], path ? `${path}.${name}` : name),
  );
}
