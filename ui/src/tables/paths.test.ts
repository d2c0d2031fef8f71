import assert from "node:assert/strict";
import { test } from "node:test";
import { pathsFrom } from "./paths.ts";

const table = (name: string, targets: Record<string, string>) => ({
  name,
  fields: [
    { name: "title", type: "string" },
    ...Object.entries(targets).map(([field, target]) => ({
      name: field,
      type: "belongsTo",
      target,
    })),
  ],
});

test("paths lead to associated records and on from there, but not to users", () => {
  const posts = table("posts", { category: "categories", author: "users" });
  const categories = table("categories", { parent: "categories", section: "sections" });
  const found = pathsFrom(posts, [posts, categories, table("sections", {})]);
  assert.deepEqual(
    found.map((each) => [each.path, each.target]),
    [
      ["category", "categories"],
      ["category.parent", "categories"],
      ["category.section", "sections"],
    ],
  );
});
