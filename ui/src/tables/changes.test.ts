import assert from "node:assert/strict";
import { test } from "node:test";
import { applied, type FieldChange, patchOf, stillApplies, withChange } from "./changes.ts";

const field = (name: string, title = name) => ({ name, type: "string", uiSchema: { title } });

test("what is added and dropped again was never there", () => {
  const added = withChange([], { do: "add", field: field("note") });
  assert.deepEqual(withChange(added, { do: "drop", name: "note" }), []);
});

test("what is added and changed is added as it was changed", () => {
  const added = withChange([], { do: "add", field: field("note") });
  const changed = withChange(added, { do: "add", field: field("note", "Remark") });
  assert.deepEqual(changed, [{ do: "add", field: field("note", "Remark") }]);
});

test("a change is what differs, and null where an option is gone", () => {
  const before = { ...field("a"), length: 5, unique: true };
  const after = { ...field("a"), length: undefined, unique: true, index: true };
  assert.deepEqual(patchOf(before, after), { length: null, index: true });
});

test("what is changed back again is no change", () => {
  const changed = withChange([], { do: "update", name: "a", patch: { unique: true } });
  assert.deepEqual(withChange(changed, { do: "update", name: "a", patch: {} }), []);
});

test("the fields show as they will be", () => {
  const shown = applied(
    [field("a"), field("b")],
    [
      { do: "drop", name: "a" },
      { do: "update", name: "b", patch: { uiSchema: { title: "B" } } },
      { do: "add", field: field("c") },
    ],
  );
  assert.deepEqual(
    shown.map((each) => each.uiSchema?.title),
    ["B", "c"],
  );
});

test("a change applies where its field is as it was found", () => {
  const now = [field("a")];
  const changes: FieldChange[] = [
    { do: "add", field: field("a") },
    { do: "add", field: field("b") },
    { do: "drop", name: "a" },
    { do: "update", name: "b", patch: { unique: true } },
  ];
  assert.deepEqual(
    changes.map((each) => stillApplies(now, each)),
    [false, true, true, false],
  );
});
