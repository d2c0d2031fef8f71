/** The API's flat nodes as a sequence whose steps may branch. */

export type Kind = "trigger" | "logic" | "data" | "human" | "out";

export interface FlowNode {
  id: number;
  key: string;
  type: string;
  title: string | null;
  config: Record<string, unknown>;
  upstreamId: number | null;
  downstreamId: number | null;
  branchIndex: number | null;
}

/** Where a step may be inserted: behind a node, or at the head of one of its branches. */
export interface Place {
  upstreamId: number | null;
  branchIndex: number | null;
}

export interface Branch {
  index: number;
  label: string;
  steps: Step[];
}

export interface Step {
  /** What the canvas calls it: the node's key, or `trigger`. */
  key: string;
  id: number | null;
  kind: Kind;
  icon: string;
  /** The type in words. */
  type: string;
  title: string;
  /** One line that says what it does. */
  detail?: string;
  problem?: string;
  branches?: Branch[];
}

export interface Described {
  kind: Kind;
  icon: string;
  type: string;
  detail?: string;
  problem?: string;
  /** The branches that the node offers, also the empty ones. */
  branches: { index: number; label: string }[];
}

/** The steps of a workflow in order; `describe` says what a node is. */
export function toSteps(nodes: FlowNode[], describe: (node: FlowNode) => Described): Step[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const heads = new Map<string, FlowNode>();
  for (const node of nodes) {
    if (node.upstreamId === null) heads.set("", node);
    else if (node.branchIndex !== null) heads.set(`${node.upstreamId}/${node.branchIndex}`, node);
  }
  const seen = new Set<number>();

  function sequence(head: FlowNode | undefined): Step[] {
    const steps: Step[] = [];
    for (let node = head; node && !seen.has(node.id); ) {
      seen.add(node.id);
      const { branches: offered, ...said } = describe(node);
      const step: Step = { ...said, key: node.key, id: node.id, title: node.title || said.type };
      const indices = new Map(offered.map((each) => [each.index, each.label]));
      for (const each of nodes)
        if (
          each.upstreamId === node.id &&
          each.branchIndex !== null &&
          !indices.has(each.branchIndex)
        )
          indices.set(each.branchIndex, String(each.branchIndex));
      if (indices.size > 0)
        step.branches = [...indices].map(([index, label]) => ({
          index,
          label,
          steps: sequence(heads.get(`${node?.id}/${index}`)),
        }));
      steps.push(step);
      node = node.downstreamId === null ? undefined : byId.get(node.downstreamId);
    }
    return steps;
  }
  return sequence(heads.get(""));
}

/** All steps, those inside branches too, in reading order. */
export function flattened(steps: Step[]): Step[] {
  return steps.flatMap((step) => [
    step,
    ...(step.branches ?? []).flatMap((branch) => flattened(branch.steps)),
  ]);
}
