/** The calendar of images as plain data: rows of sensors, months, and the two dates side by side. */

import type { Blame, Look, MarkerEvent, MarkerState } from "./answers.ts";

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

/** A reason why a date is decisive; the server's are in English. */
export interface Reason {
  text: string;
  english?: boolean;
}

/** Where a look stands to an event: the last before it, the first after it, or in it. */
export type Beside = "before" | "after" | "shows";

/**
 * What makes a date decisive: what the server says of it, a scene of a marker's event, or that it
 * lies clear in a block that speaks against the declared crop.
 */
export function whyDecisive(
  look: Look,
  markers: readonly MarkerState[],
  blame: readonly Blame[],
  words: { event: (kind: string, beside: Beside) => string; blame: (band: string) => string },
): Reason[] {
  const events = markers
    .flatMap((marker) => marker.events)
    .map((event) => ({ kind: event.kind, beside: besideOf(look.product, event) }))
    .flatMap(({ kind, beside }) => (beside ? [words.event(kind, beside)] : []));
  const guilty = blame
    .filter(
      ({ card, from, to }) =>
        card === look.card && from <= look.day && look.day <= to && isClear(look),
    )
    .map(({ band }) => band);
  const against = guilty.length > 0 ? [words.blame([...new Set(guilty)].join(", "))] : [];
  const own = [...new Set([...events, ...against])].map((text) => ({ text }));
  return [...(look.decides ? [{ text: look.decides, english: true }] : []), ...own];
}

function besideOf(product: string, event: MarkerEvent): Beside | null {
  const { before, after, evidence } = event;
  // A look that is both, e.g. the greenest one, is the event itself.
  if (before === product && after !== product) return "before";
  if (after === product && before !== product) return "after";
  return before === product || evidence.includes(product) ? "shows" : null;
}

/** Whether clouds leave enough of the parcel; radar sees through them. */
export function isClear(look: Look): boolean {
  return (look.clear_share ?? 1) >= CLEAR;
}

/** The place of a moment among looks: the first from it on, or the last there is. */
export function placeOf(looks: readonly Look[], at: string): number {
  const place = looks.findIndex((look) => look.at >= at);
  return place < 0 ? Math.max(looks.length - 1, 0) : place;
}

/** The same images in other colours, by scene; what a card does not have in them is left out. */
export function inBands(looks: readonly Look[], bands: string | null): ReadonlyMap<number, Look> {
  return new Map(looks.filter((one) => one.bands === bands).map((one) => [one.obsid, one]));
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
