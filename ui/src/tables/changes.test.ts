import assert from "node:assert/strict";
import { test } from "node:test";
import { applied, withChange } from "./changes.ts";

const field = (name: string, title = name) => ({ name, type: "string", uiSchema: { title } });

test("what is added and dropped again was never there", () => {
  const added = withChange([], { do: "add", field: field("note") });
  assert.deepEqual(withChange(added, { do: "drop", name: "note" }), []);
});

test("what is added and changed is added as it was changed", () => {
  const added = withChange([], { do: "add", field: field("note") });
  const changed = withChange(added, { do: "update", name: "note", field: field("note", "Remark") });
  assert.deepEqual(changed, [{ do: "add", field: field("note", "Remark") }]);
});

test("the fields show as they will be", () => {
  const shown = applied(
    [field("a"), field("b")],
    [
      { do: "drop", name: "a" },
      { do: "update", name: "b", field: field("b", "B") },
      { do: "add", field: field("c") },
    ],
  );
  assert.deepEqual(
    shown.map((each) => each.uiSchema?.title),
    ["B", "c"],
  );
});
