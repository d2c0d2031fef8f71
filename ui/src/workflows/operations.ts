/** Changes to a workflow's nodes as data, named by keys, so that each has an opposite.  Pure. */
import type { FlowNode } from "../parts/flow/tree";

export interface Spot {
  upstreamKey: string | null;
  branchIndex: number | null;
}

export interface NewNode extends Spot {
  key: string;
  type: string;
  title: string | null;
  config: Record<string, unknown>;
}

export type Operation =
  | { do: "create"; node: NewNode }
  | { do: "destroy"; key: string; keepBranch?: number }
  | { do: "update"; key: string; title: string | null; config: Record<string, unknown> }
  | ({ do: "move"; key: string } & Spot);

const find = (nodes: FlowNode[], key: string) => nodes.find((each) => each.key === key);

function spotOf(nodes: FlowNode[], node: FlowNode): Spot {
  const upstream = nodes.find((each) => each.id === node.upstreamId);
  return { upstreamKey: upstream?.key ?? null, branchIndex: node.branchIndex };
}

/** A node and all that hangs in its branches, in the order in which they can be made again. */
export function subtree(nodes: FlowNode[], key: string): NewNode[] {
  const node = find(nodes, key);
  if (!node) return [];
  const found: NewNode[] = [];
  const take = (each: FlowNode) => {
    const { type, title, config } = each;
    found.push({ key: each.key, type, title, config, ...spotOf(nodes, each) });
    for (const head of nodes)
      if (head.upstreamId === each.id && head.branchIndex !== null)
        for (let at: FlowNode | undefined = head; at; ) {
          take(at);
          const next: number | null = at.downstreamId;
          at = nodes.find((other) => other.id === next);
        }
  };
  take(node);
  return found;
}

/** What undoes an operation on these nodes; null: nothing can. */
export function opposite(nodes: FlowNode[], operation: Operation): Operation[] | null {
  switch (operation.do) {
    case "create":
      return [{ do: "destroy", key: operation.node.key }];
    case "destroy":
      return operation.keepBranch === undefined
        ? subtree(nodes, operation.key).map((node) => ({ do: "create", node }))
        : null;
    case "update": {
      const node = find(nodes, operation.key);
      return node
        ? [{ do: "update", key: node.key, title: node.title, config: node.config }]
        : null;
    }
    case "move": {
      const node = find(nodes, operation.key);
      return node ? [{ do: "move", key: node.key, ...spotOf(nodes, node) }] : null;
    }
  }
}

/** A key for a new node: eleven letters and digits, as the server makes them. */
export function newKey(random: () => number = Math.random): string {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from({ length: 11 }, () => letters[Math.floor(random() * 36)]).join("");
}
