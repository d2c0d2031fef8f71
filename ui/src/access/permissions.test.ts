import assert from "node:assert/strict";
import { test } from "node:test";
import {
  granted,
  inherited,
  levelOf,
  nextLevel,
  toActions,
  withLevel,
  withStrategy,
  withSystem,
} from "./permissions.ts";

test("a permission is given to a role that had none, and no other one with it", () => {
  const snippets = withSystem(["!ui.*", "!pm", "!pm.*"], "pm.users", true);
  assert.ok(granted(snippets, "pm.users"));
  assert.ok(!granted(snippets, "pm.acl.roles"));
});

test("a permission that a refusal hid stays refused when another one is given", () => {
  const snippets = withSystem(["pm.*", "!pm.*"], "pm.users", true);
  assert.ok(granted(snippets, "pm.users"));
  assert.ok(!granted(snippets, "pm.acl.roles"));
});

test("a permission is taken from a role that has all, and only that one", () => {
  const snippets = withSystem(["ui.*", "pm", "pm.*"], "pm.users", false);
  assert.ok(!granted(snippets, "pm.users"));
  assert.ok(granted(snippets, "pm.acl.roles"));
  assert.deepEqual(withSystem(snippets, "pm.users", true), ["ui.*", "pm", "pm.*"]);
});

test("the strategy keeps what the page does not show", () => {
  assert.deepEqual(withStrategy(["export", "view"], "view", "own"), ["export", "view:own"]);
});

test("own records exist only in tables that keep the author", () => {
  assert.deepEqual(Object.keys(inherited(["view:own", "create:own"], false)), ["create"]);
  assert.equal(levelOf(inherited(["view:own"], true).view), "own");
  assert.equal(nextLevel("none", false), "all");
  assert.equal(nextLevel("none", true), "own");
});

test("levels become actions of the server", () => {
  const made = withLevel(withLevel({}, "view", "own"), "update", "all");
  assert.deepEqual(toActions(made), [
    { name: "view", fields: [], scope: { key: "own" } },
    { name: "update", fields: [], scope: null },
  ]);
  assert.deepEqual(toActions(withLevel(made, "view", "none")).length, 1);
});
