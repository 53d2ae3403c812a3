/** The calendar of images as plain data: rows of sensors, months, and the two dates side by side. */

import type { Blame, Look, MarkerState } from "./answers.ts";

/** Images that can be compared with each other: of one sensor, seen from one side. */
export interface Strip {
  key: string;
  card: Look["card"];
  direction: string | null;
  looks: Look[];
}

/** Radar of each orbit direction and optical images apart, each in order of time. */
export function stripsOf(looks: readonly Look[]): Strip[] {
  const order = ["s2", "bs", "c6", "c12"];
  const strips = new Map<string, Strip>();
  for (const look of [...looks].sort((one, other) => one.at.localeCompare(other.at))) {
    const direction = look.card === "s2" ? null : look.direction;
    const key = `${look.card} ${direction ?? ""}`.trim();
    const strip = strips.get(key) ?? { key, card: look.card, direction, looks: [] };
    strip.looks.push(look);
    strips.set(key, strip);
  }
  return [...strips.values()].sort(
    (one, other) =>
      order.indexOf(one.card) - order.indexOf(other.card) ||
      (one.direction ?? "").localeCompare(other.direction ?? ""),
  );
}

/** The looks of a strip by month, e.g. `2018-05`. */
export function monthsOf(looks: readonly Look[]): { month: string; looks: Look[] }[] {
  const months = new Map<string, Look[]>();
  for (const look of looks) {
    const month = look.day.slice(0, 7);
    months.set(month, [...(months.get(month) ?? []), look]);
  }
  return [...months].map(([month, some]) => ({ month, looks: some }));
}

/** Share of clear pixels from which a look says something. */
const CLEAR = 0.5;

/**
 * What makes a date decisive: what the server says of it, a scene of a marker's event, or that it
 * lies clear in a block that speaks against the declared crop.
 */
export function whyDecisive(
  look: Look,
  markers: readonly MarkerState[],
  blame: readonly Blame[],
  words: { event: (kind: string) => string; blame: (band: string) => string },
): string[] {
  const events = markers
    .flatMap((marker) => marker.events)
    .filter(({ before, after, evidence }) => [before, after, ...evidence].includes(look.product))
    .map(({ kind }) => words.event(kind));
  const guilty = blame
    .filter(
      ({ card, from, to }) =>
        card === look.card && from <= look.day && look.day <= to && isClear(look),
    )
    .map(({ band }) => words.blame(band));
  return [...new Set([...(look.decides ? [look.decides] : []), ...events, ...guilty])];
}

function isClear(look: Look): boolean {
  return (look.clear_share ?? 1) >= CLEAR;
}

/** The two places that are side by side at first: the first and last decisive date, or both ends. */
export function firstPair(
  looks: readonly Look[],
  decisive: (look: Look) => boolean,
): readonly [number, number] {
  const shown = looks.map((look, at) => ({ look, at })).filter(({ look }) => look.why_not === null);
  const clear = shown.filter(({ look }) => isClear(look));
  const some = clear.length > 1 ? clear : shown;
  const chosen = some.filter(({ look }) => decisive(look));
  const pair = chosen.length > 1 ? chosen : some;
  return [pair[0]?.at ?? 0, pair.at(-1)?.at ?? Math.max(looks.length - 1, 0)];
}
