import assert from "node:assert/strict";
import { test } from "node:test";
import { passes } from "./passes.ts";

const row = {
  title: "Bread",
  words: 10,
  author: null,
  tags: ["food"],
  featured: false,
  printed: "2026-07-01T22:30:00.000Z",
  on: "2026-07-01",
  category: { title: "Food" },
};

const cases: [string, object, boolean][] = [
  ["equal", { title: "Bread" }, true],
  ["equal in other words", { words: { $eq: "10" } }, true],
  ["a row without a value goes to the negation", { author: { $ne: "Ada" } }, true],
  ["one of", { words: { $in: [1, 10] } }, true],
  ["none of", { words: { $notIn: [1, 10] } }, false],
  ["greater", { words: { $gt: 9 } }, true],
  ["nothing is greater than what is not there", { author: { $gt: 0 } }, false],
  ["contains, in whatever case", { title: { $includes: "REA" } }, true],
  ["does not contain", { title: { $notIncludes: "rea" } }, false],
  ["begins", { title: { $startsWith: "br" } }, true],
  ["ends", { title: { $endsWith: "br" } }, false],
  ["has one of", { tags: { $anyOf: ["food", "law"] } }, true],
  ["has none of", { tags: { $noneOf: ["food"] } }, false],
  ["empty", { author: { $empty: true } }, true],
  ["not empty", { tags: { $notEmpty: true } }, true],
  ["no", { featured: { $isFalsy: true } }, true],
  ["on a day", { on: { $dateOn: "2026-07-01" } }, true],
  ["before a day", { on: { $dateBefore: "2026-07-01" } }, false],
  ["on or before", { on: { $dateNotAfter: "2026-07-01" } }, true],
  ["through an association", { "category.title": { $eq: "Food" } }, true],
  ["dotted", { "title.$includes": "read" }, true],
  ["all", { $and: [{ title: "Bread" }, { words: 11 }] }, false],
  ["any", { $or: [{ title: "Salt" }, { words: 10 }] }, true],
  ["nothing asked", {}, true],
];

for (const [name, filter, expected] of cases)
  test(name, () => assert.equal(passes(filter as Record<string, unknown>, row), expected));

test("a moment lies in the day of its zone", () => {
  const filter = { printed: { $dateOn: "2026-07-02" } };
  assert.equal(passes(filter, row, "Asia/Tokyo"), true);
  assert.equal(passes(filter, row, "UTC"), false);
});
