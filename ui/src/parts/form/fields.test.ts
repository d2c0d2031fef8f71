import assert from "node:assert/strict";
import { test } from "node:test";
import { applies, errorsOf, errorsWithin, isDefault, sectionsOf } from "./fields.ts";
import type { TypeField } from "./types.ts";

const field = (name: string, options: Partial<TypeField> = {}): TypeField => ({
  name,
  title: { en: name, fr: name },
  description: null,
  widget: "text",
  section: null,
  required: false,
  default: null,
  schema: {},
  fields: null,
  ...options,
});
const failure = [field("attempts", { default: 1 }), field("delay", { default: 1000 })];
const onFailure = field("onFailure", {
  section: "failure",
  default: { attempts: 1, delay: 1000 },
  fields: failure,
});

test("pauses are asked for where there is more than one attempt", () => {
  const [, delay] = failure as [TypeField, TypeField];
  assert.equal(applies(delay, failure, {}), false);
  assert.equal(applies(delay, failure, { attempts: 3 }), true);
});

test("a field of the same name that stands elsewhere is always asked for", () => {
  assert.equal(applies(field("delay"), [field("delay")], {}), true);
});

test("fields of a section stand behind the others", () => {
  const { plain, folded } = sectionsOf([onFailure, field("title")]);
  assert.deepEqual(
    plain.map((each) => each.name),
    ["title"],
  );
  assert.deepEqual(folded, [[onFailure]]);
});

test("a part is as it was when each of its fields is", () => {
  assert.equal(isDefault(onFailure, undefined), true);
  assert.equal(isDefault(onFailure, { attempts: 1 }), true);
  assert.equal(isDefault(onFailure, { attempts: 3, delay: 1000 }), false);
});

test("a message names its fields, in any language", () => {
  const said =
    "Un workflow ne peut pas être ainsi. options.flow.key: no; good; options.timeout: bad";
  const errors = errorsOf(said, "options.");
  assert.deepEqual(errors, { "flow.key": "no; good", timeout: "bad" });
  assert.deepEqual(errorsWithin(errors, "flow"), { key: "no; good" });
  assert.deepEqual(errorsOf("nothing of the kind", "options."), {});
});
