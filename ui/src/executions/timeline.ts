/** Where on a line of 0 to 1 the steps of an execution are, one after the other. */

/** All waits together never take more of the width, or every short step becomes a dot. */
export const MOST_OF_WAITS = 0.4;

export interface Length {
  milliseconds: number;
  waits: boolean;
}

export interface Bar {
  from: number;
  width: number;
  /** It is drawn shorter than it was. */
  compressed: boolean;
}

export function timeline(lengths: Length[]): Bar[] {
  // What took no time still takes a place.
  const taken = lengths.map((each) => Math.max(1, each.milliseconds));
  const sum = (waits: boolean) =>
    taken.reduce((total, each, n) => (lengths[n]?.waits === waits ? total + each : total), 0);
  const waited = sum(true);
  const worked = sum(false);
  const compressed = worked > 0 && waited / (waited + worked) > MOST_OF_WAITS;
  let from = 0;
  return taken.map((each, n) => {
    const waits = lengths[n]?.waits ?? false;
    const width = !compressed
      ? each / (waited + worked)
      : waits
        ? (each / waited) * MOST_OF_WAITS
        : (each / worked) * (1 - MOST_OF_WAITS);
    const bar = { from, width, compressed: compressed && waits };
    from += width;
    return bar;
  });
}
