/** Moments as the clock on a wall shows them in some time zone, and back. */

/** How far the zone is ahead of UTC at a moment, in milliseconds. */
function offsetAt(moment: number, zone: string | undefined): number {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  }).formatToParts(moment);
  const at = (type: string) => Number(parts.find((each) => each.type === type)?.value);
  const wall = Date.UTC(
    at("year"),
    at("month") - 1,
    at("day"),
    at("hour"),
    at("minute"),
    at("second"),
  );
  return wall - Math.floor(moment / 1000) * 1000;
}

/** `2026-03-14T09:30`, as the browser's own control wants it. */
export function toWallClock(moment: Date, zone?: string): string {
  const shifted = new Date(moment.getTime() + offsetAt(moment.getTime(), zone));
  return shifted.toISOString().slice(0, 16);
}

/** The moment at which a wall shows this; an hour that a change of clocks skips is the next one. */
export function fromWallClock(text: string, zone?: string): Date {
  const wall = Date.parse(`${text}Z`);
  const guess = wall - offsetAt(wall, zone);
  return new Date(wall - offsetAt(guess, zone));
}
