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

/** The branch that a failure leads into. */
export const ERROR_BRANCH = -1;

export interface Branch {
  index: number;
  label: string;
  /** The node does not lead there (any more): its steps stay, and never run. */
  unused?: boolean;
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
  /** How often it is tried, where that is more than once. */
  attempts?: number;
  /** It stands in a branch that is not used. */
  idle?: boolean;
}

export interface Described {
  kind: Kind;
  icon: string;
  type: string;
  detail?: string;
  problem?: string;
  attempts?: number;
  /** The branches that the node offers, also the empty ones. */
  branches: { index: number; label: string }[];
  /** What a branch is called that holds steps although the node does not offer it. */
  unused: (index: number) => string;
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

  function sequence(head: FlowNode | undefined, idle: boolean): Step[] {
    const steps: Step[] = [];
    for (let node = head; node && !seen.has(node.id); ) {
      seen.add(node.id);
      const { id } = node;
      const { branches: offered, unused, ...said } = describe(node);
      const step: Step = { ...said, key: node.key, id, title: node.title || said.type };
      if (idle) step.idle = true;
      const left = nodes.flatMap(({ upstreamId, branchIndex: index }) =>
        upstreamId === id && index !== null && !offered.some((each) => each.index === index)
          ? [{ index, label: unused(index), unused: true }]
          : [],
      );
      const branches: Omit<Branch, "steps">[] = [...offered, ...left];
      if (branches.length > 0)
        step.branches = branches.map((branch) => ({
          ...branch,
          steps: sequence(heads.get(`${id}/${branch.index}`), idle || branch.unused === true),
        }));
      steps.push(step);
      node = node.downstreamId === null ? undefined : byId.get(node.downstreamId);
    }
    return steps;
  }
  return sequence(heads.get(""), false);
}

/** All steps, those inside branches too, in reading order. */
export function flattened(steps: Step[]): Step[] {
  return steps.flatMap((step) => [
    step,
    ...(step.branches ?? []).flatMap((branch) => flattened(branch.steps)),
  ]);
}
