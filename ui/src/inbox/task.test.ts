import assert from "node:assert/strict";
import { test } from "node:test";
import { following, type Task } from "./task.ts";

const tasks = [3, 2, 1].map((id) => ({ id }) as Task);

test("after a task the next one in the list opens", () => {
  assert.equal(following(tasks, 3)?.id, 2);
  assert.equal(following(tasks, 2)?.id, 1);
});

test("after the last task the one before it opens, and after the only one none", () => {
  assert.equal(following(tasks, 1)?.id, 2);
  assert.equal(following(tasks.slice(0, 1), 3), undefined);
});
