import assert from "node:assert/strict";
import { test } from "node:test";
import type { FlowNode } from "../parts/flow/tree.ts";
import { newKey, opposite, subtree } from "./operations.ts";

const node = (
  id: number,
  upstreamId: number | null,
  downstreamId: number | null,
  branchIndex: number | null = null,
): FlowNode => ({
  id,
  key: `n${id}`,
  type: "create",
  title: `t${id}`,
  config: { n: id },
  upstreamId,
  downstreamId,
  branchIndex,
});
// 1 → 2 (branches: 1: 4 → 5, 0: 6) → 3
const nodes = [
  node(1, null, 2),
  node(2, 1, 3),
  node(3, 2, null),
  node(4, 2, 5, 1),
  node(5, 4, null),
  node(6, 2, null, 0),
];

test("a subtree lists a node before what hangs on it, each at its place", () => {
  assert.deepEqual(
    subtree(nodes, "n2").map((each) => [each.key, each.upstreamKey, each.branchIndex]),
    [
      ["n2", "n1", null],
      ["n4", "n2", 1],
      ["n5", "n4", null],
      ["n6", "n2", 0],
    ],
  );
});

test("a node is undone by taking it away, and a removal by making all of it again", () => {
  const made = {
    key: "x",
    type: "end",
    title: null,
    config: {},
    upstreamKey: "n1",
    branchIndex: null,
  };
  assert.deepEqual(opposite(nodes, { do: "create", node: made }), [{ do: "destroy", key: "x" }]);
  const again = opposite(nodes, { do: "destroy", key: "n2" });
  assert.deepEqual(
    again?.map((each) => each.do === "create" && each.node.key),
    ["n2", "n4", "n5", "n6"],
  );
  assert.equal(opposite(nodes, { do: "destroy", key: "n2", keepBranch: 1 }), null);
});

test("changes and moves go back to what and where the node was", () => {
  assert.deepEqual(opposite(nodes, { do: "update", key: "n4", title: "new", config: {} }), [
    { do: "update", key: "n4", title: "t4", config: { n: 4 } },
  ]);
  assert.deepEqual(
    opposite(nodes, { do: "move", key: "n4", upstreamKey: null, branchIndex: null }),
    [{ do: "move", key: "n4", upstreamKey: "n2", branchIndex: 1 }],
  );
});

test("keys are eleven letters and digits", () => {
  assert.match(newKey(), /^[a-z0-9]{11}$/);
});
