import assert from "node:assert/strict";
import { test } from "node:test";
import { nameFrom } from "./names.ts";

test("a name is made of a title's letters and digits", () => {
  assert.equal(nameFrom("Notes de frais"), "notesDeFrais");
  assert.equal(nameFrom("Catégorie"), "categorie");
  assert.equal(nameFrom("  Amount (€) "), "amount");
  assert.equal(nameFrom(""), "");
});
