/** Lines of different times on one axis, as charts draw them. */

import type { BandOf, LineOf, Series, Values } from "../../parts/series.ts";

/** Values by time, in seconds since 1970; null is a gap. */
export type Points = Map<number, number | null>;

/**
 * Lines and bands of different times on the times of all of them.
 *
 * Undefined is a time that is not the line's own: it goes on over it. Null is a gap.
 */
export function joined(
  about: Omit<Series, "times" | "lines" | "bands">,
  lines: readonly [string, Points, Partial<LineOf>][],
  bands: readonly [string, Points, Points, string][],
  ends: readonly number[],
): Series {
  const all = [
    ...lines.map(([, points]) => points),
    ...bands.flatMap(([, low, high]) => [low, high]),
  ];
  if (!all.some(hasValues)) {
    return { ...about, times: [], lines: [] };
  }
  const times = [...new Set([...ends, ...all.flatMap((points) => [...points.keys()])])].sort(
    (one, other) => one - other,
  );
  const at = (points: Points) => broken(times.map((time) => points.get(time)));
  return {
    ...about,
    times,
    lines: lines.map(([name, points, look]) => ({
      name,
      values: at(points),
      colour: "#000000",
      ...look,
    })),
    bands: bands.map(
      ([name, low, high, colour]): BandOf => ({ name, low: at(low), high: at(high), colour }),
    ),
  };
}

export function hasValues(points: Points): boolean {
  return [...points.values()].some((value) => value !== null);
}

/** A gap reaches from the value before it to the value after it, over the times of other lines. */
export function broken(values: Values): Values {
  const found = [...values];
  for (const step of [1, -1]) {
    const order = found.map((_, index) => (step === 1 ? index : found.length - 1 - index));
    for (const index of order) {
      if (found[index] === undefined && found[index - step] === null) found[index] = null;
    }
  }
  return found;
}
