import assert from "node:assert/strict";
import { test } from "node:test";
import { layout } from "./layout.ts";
import { type FlowNode, flattened, type Step, toSteps } from "./tree.ts";

const node = (
  id: number,
  upstreamId: number | null,
  downstreamId: number | null,
  branchIndex: number | null = null,
): FlowNode => ({
  id,
  key: `n${id}`,
  type: branchIndex === null && id === 2 ? "condition" : "create",
  title: null,
  config: {},
  upstreamId,
  downstreamId,
  branchIndex,
});
const describe = (each: FlowNode) => ({
  kind: "data" as const,
  icon: "box",
  type: each.type,
  detail: "…",
  branches:
    each.type === "condition"
      ? [
          { index: 1, label: "yes" },
          { index: 0, label: "no" },
        ]
      : [],
});
const trigger: Step = {
  key: "trigger",
  id: null,
  kind: "trigger",
  icon: "zap",
  type: "action",
  title: "t",
};
const branching = () =>
  toSteps(
    [node(1, null, 2), node(2, 1, 3), node(3, 2, null), node(4, 2, 5, 1), node(5, 4, null)],
    describe,
  );

test("flat nodes become a sequence with branches, also the empty ones", () => {
  const steps = branching();
  assert.deepEqual(
    steps.map((each) => each.key),
    ["n1", "n2", "n3"],
  );
  assert.deepEqual(
    steps[1]?.branches?.map((each) => each.steps.map((s) => s.key)),
    [["n4", "n5"], []],
  );
  assert.equal(flattened(steps).length, 5);
});

test("nodes that refer to each other in a circle are drawn once", () => {
  assert.equal(flattened(toSteps([node(1, null, 2), node(2, 1, 1)], describe)).length, 2);
});

test("no two steps overlap, and every line ends at something that is drawn", () => {
  const { placed, lines } = layout(trigger, branching());
  for (const a of placed)
    for (const b of placed)
      if (a !== b)
        assert.ok(
          a.x + a.width <= b.x ||
            b.x + b.width <= a.x ||
            a.y + a.height <= b.y ||
            b.y + b.height <= a.y,
          `${a.id} overlaps ${b.id}`,
        );
  const ids = new Set(placed.map((each) => each.id));
  for (const line of lines) assert.ok(ids.has(line.source) && ids.has(line.target), line.id);
});

test("there is one place for each spot between steps, none above the trigger", () => {
  const { lines } = layout(trigger, branching());
  const places = lines
    .filter((each) => !each.joins || each.place)
    .map((each) => JSON.stringify(each.place));
  assert.ok(places.includes('{"upstreamId":null,"branchIndex":null}'));
  assert.ok(places.includes('{"upstreamId":2,"branchIndex":0}'));
  assert.ok(places.includes('{"upstreamId":5,"branchIndex":null}'));
  assert.ok(places.includes('{"upstreamId":2,"branchIndex":null}'));
});

test("two hundred steps are laid out in a blink", () => {
  const many = toSteps(
    Array.from({ length: 200 }, (_, n) => node(n + 10, n ? n + 9 : null, n < 199 ? n + 11 : null)),
    describe,
  );
  assert.equal(layout(trigger, many).placed.length, 202);
});
