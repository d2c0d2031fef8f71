import assert from "node:assert/strict";
import { test } from "node:test";
import { fromWallClock, toWallClock } from "./zone.ts";

test("a wall shows a moment in its own zone", () => {
  const moment = new Date("2026-07-01T12:00:00Z");
  assert.equal(toWallClock(moment, "UTC"), "2026-07-01T12:00");
  assert.equal(toWallClock(moment, "Europe/Paris"), "2026-07-01T14:00");
  assert.equal(toWallClock(moment, "Asia/Kolkata"), "2026-07-01T17:30");
  assert.equal(
    toWallClock(new Date("2026-01-01T02:00:00Z"), "America/New_York"),
    "2025-12-31T21:00",
  );
});

test("what a wall shows is a moment again, also where clocks change", () => {
  for (const zone of ["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe"])
    for (const text of [
      "2026-03-28T23:30",
      "2026-03-29T04:00",
      "2026-10-25T05:00",
      "2026-06-15T00:00",
    ])
      assert.equal(toWallClock(fromWallClock(text, zone), zone), text, `${zone} ${text}`);
  assert.equal(
    fromWallClock("2026-07-01T14:00", "Europe/Paris").toISOString(),
    "2026-07-01T12:00:00.000Z",
  );
});
