import assert from "node:assert/strict";
import { test } from "node:test";
import { toneOf } from "./waits.ts";

test("a wait is noted after half a minute, and is bad after five", () => {
  assert.deepEqual([null, 0, 30, 31, 300, 301].map(toneOf), [
    "ok",
    "ok",
    "ok",
    "warn",
    "warn",
    "bad",
  ]);
});
