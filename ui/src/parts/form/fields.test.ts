import assert from "node:assert/strict";
import { test } from "node:test";
import { applies, errorsWithin, isDefault, placed, sectionsOf } from "./fields.ts";
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

test("what is said of a part is said beside the deepest field that is asked for", () => {
  const question = field("name");
  const fields = [onFailure, field("fields", { widget: "questions", fields: [question] })];
  const issue = (place: string, message: string) => ({ field: place, message });
  const { errors, others } = placed(
    [
      issue("config.onFailure.attempts", '"onFailure.attempts": at least 1'),
      issue("config.onFailure.delay", "not asked for"),
      issue("config.fields.1.name", '"fields.1.name" is required'),
      issue("config.fields.7.name", "no such row"),
      issue("config.nowhere", "unknown"),
      issue("options.onFailure", "another part"),
      { message: "of nothing" },
    ],
    "config",
    fields,
    { fields: [{ name: "a" }, { name: "" }] },
  );
  assert.deepEqual(errors, {
    "onFailure.attempts": "At least 1",
    onFailure: "Not asked for",
    "fields.1.name": "Is required",
    "fields.7.name": "No such row",
  });
  assert.deepEqual(others, ["unknown", "another part", "of nothing"]);
  assert.deepEqual(errorsWithin(errors, "onFailure"), { attempts: "At least 1" });
});
