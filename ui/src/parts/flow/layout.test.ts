import assert from "node:assert/strict";
import { test } from "node:test";
import { layout } from "./layout.ts";
import { travelled } from "./travels.ts";
import { ERROR_BRANCH, type FlowNode, flattened, type Step, toSteps } from "./tree.ts";

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
  branches: [
    ...(each.type === "condition"
      ? [
          { index: 1, label: "yes" },
          { index: 0, label: "no" },
        ]
      : []),
    ...(each.config.then === "branch" ? [{ index: ERROR_BRANCH, label: "on error" }] : []),
  ],
  unused: (index: number) => `unused ${index}`,
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

/** Two steps, of which the first has a step for its failure. */
const failing = (then: "branch" | "stop" = "branch") =>
  toSteps(
    [{ ...node(1, null, 3), config: { then } }, node(3, 1, null), node(4, 1, null, ERROR_BRANCH)],
    describe,
  );

for (const [what, steps] of Object.entries({ branches: branching, "an error branch": failing }))
  test(`with ${what}, nothing overlaps, and every line ends at something that is drawn`, () => {
    const { placed, lines } = layout(trigger, steps());
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
    assert.equal(new Set(lines.map((each) => each.id)).size, lines.length);
  });

test("an error branch stands beside the line, which goes straight on", () => {
  const { placed, lines } = layout(trigger, failing());
  const at = (id: string) => placed.find((each) => each.id === id);
  assert.equal(at("n1")?.x, at("n3")?.x);
  assert.ok((at("n4")?.x ?? 0) > (at("n1")?.x ?? 0));
  const places = lines.map((each) => JSON.stringify(each.place));
  assert.ok(places.includes('{"upstreamId":1,"branchIndex":-1}'));
  assert.equal(lines.find((each) => each.id === "n1>n1/join")?.place, null);
});

test("an error branch that is not used any more keeps its steps, and takes no new one", () => {
  const steps = failing("stop");
  const [branch] = steps[0]?.branches ?? [];
  assert.equal(branch?.label, "unused -1");
  assert.equal(branch?.steps[0]?.idle, true);
  const { lines } = layout(trigger, steps);
  assert.equal(lines.find((each) => each.target === "n4")?.place, null);
});

/** The lines that are travelled when these steps had their turn, and these of them failed. */
const course = (steps: Step[], went: string[], failed: string[] = []) => [
  ...travelled(layout(trigger, steps).lines, {
    went: (key) => ["trigger", ...went].includes(key),
    failed: (key) => failed.includes(key),
  }),
];

test("after a failure, the error branch is travelled, and the line beside it is not", () => {
  assert.deepEqual(course(failing(), ["n1", "n4", "n3", "end"], ["n1"]).sort(), [
    "n1/join>n3",
    "n1>n4:-1",
    "n3>end",
    "n4>n1/join",
    "trigger>n1",
  ]);
  assert.deepEqual(course(failing(), ["n1", "n3", "end"]).sort(), [
    "n1/join>n3",
    "n1>n1/join",
    "n3>end",
    "trigger>n1",
  ]);
});

test("where an execution stopped, the lines behind it are not travelled", () => {
  assert.deepEqual(course(failing(), ["n1"], ["n1"]), ["trigger>n1"]);
});

test("an empty branch was taken when no step of the other one had its turn", () => {
  const lines = course(branching(), ["n1", "n2", "n3", "end"]);
  assert.ok(lines.includes("n2>n2/0:0") && lines.includes("n2/0>n2/join"));
  assert.ok(!course(branching(), ["n1", "n2", "n4"]).includes("n2>n2/0:0"));
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
