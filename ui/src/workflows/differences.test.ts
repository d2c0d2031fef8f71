import assert from "node:assert/strict";
import { test } from "node:test";
import type { FlowNode } from "../parts/flow/tree.ts";
import { differences } from "./differences.ts";

const node = (key: string, id: number, upstreamId: number | null, config = {}): FlowNode => ({
  id,
  key,
  type: "calculation",
  title: key,
  config,
  upstreamId,
  downstreamId: null,
  branchIndex: null,
});
const version = (...nodes: FlowNode[]) => ({ title: "W", config: { collection: "posts" }, nodes });

test("versions that are drawn alike do not differ, whatever their numbers", () => {
  assert.deepEqual(
    differences(
      version(node("a", 1, null), node("b", 2, 1)),
      version(node("a", 11, null), node("b", 12, 11)),
    ),
    [],
  );
});

test("a changed configuration names the part that differs", () => {
  const [found, ...others] = differences(
    version(node("a", 1, null, { values: { title: "x", words: 1 } })),
    version(node("a", 2, null, { values: { title: "y", words: 1 } })),
  );
  assert.deepEqual(others, []);
  assert.equal(found?.kind, "changed");
  assert.deepEqual(found?.parts, [{ path: "values.title", from: "x", to: "y" }]);
});

test("added, removed and moved nodes are told", () => {
  const kinds = differences(
    version(node("a", 1, null), node("b", 2, 1), node("gone", 3, 2)),
    version(node("b", 5, null), node("a", 6, 5), node("new", 7, 6)),
  ).map((each) => `${each.kind} ${each.key}`);
  assert.deepEqual(kinds, ["moved b", "moved a", "added new", "removed gone"]);
});

test("a change of the trigger comes first", () => {
  const [found] = differences(version(), { title: "W", config: { collection: "tags" }, nodes: [] });
  assert.equal(found?.key, "trigger");
  assert.deepEqual(found?.parts, [{ path: "collection", from: "posts", to: "tags" }]);
});
