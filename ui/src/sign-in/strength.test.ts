import assert from "node:assert/strict";
import { test } from "node:test";
import { strength } from "./strength.ts";

test("a short password, or one of few characters, is weak", () => {
  assert.equal(strength("Ab3$"), 1);
  assert.equal(strength("aaaaaaaaaaaaaaaaaaaa"), 1);
});

test("length counts for more than odd characters", () => {
  assert.equal(strength("abcdefgh"), 2);
  assert.equal(strength("Abcdefg1"), 3);
  assert.equal(strength("correct horse battery staple"), 4);
});
