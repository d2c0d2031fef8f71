import assert from "node:assert/strict";
import { test } from "node:test";
import { timeline } from "./timeline.ts";

const works = (milliseconds: number) => ({ milliseconds, waits: false });
const waits = (milliseconds: number) => ({ milliseconds, waits: true });

test("steps follow each other, as wide as they took", () => {
  assert.deepEqual(timeline([works(10), works(30)]), [
    { from: 0, width: 0.25, compressed: false },
    { from: 0.25, width: 0.75, compressed: false },
  ]);
});

test("waits together take at most 40 % of the width", () => {
  const bars = timeline([works(6), waits(60_000), works(6), waits(20_000)]);
  assert.deepEqual(
    bars.map((each) => [Math.round(each.width * 100), each.compressed]),
    [
      [30, false],
      [30, true],
      [30, false],
      [10, true],
    ],
  );
});

test("a short wait and a long step are drawn as they were", () => {
  const bars = timeline([works(90_000), waits(10_000)]);
  assert.deepEqual(
    bars.map((each) => [each.width, each.compressed]),
    [
      [0.9, false],
      [0.1, false],
    ],
  );
});

test("a wait alone has the whole width", () => {
  assert.deepEqual(timeline([waits(5_000)]), [{ from: 0, width: 1, compressed: false }]);
});
