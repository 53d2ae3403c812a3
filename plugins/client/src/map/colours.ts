/** Colours of the map's classes: those of states from their place, those of crops by their names. */

import { type Family, type Look, look } from "../states.ts";

/** Of a crop too rare for a class of its own, and of a parcel without a crop. */
const OTHER = "#c3c8c5";

/** Paper behind the parcels. */
export const GROUND = "#f4f6f3";

/** Twenty colours of different hue and lightness; further crops take darker or lighter ones. */
const CROPS = [
  "#d9b13b",
  "#3b7dd8",
  "#8a5a2b",
  "#5fae4b",
  "#c4509c",
  "#1f5f4a",
  "#ec8c5a",
  "#7a5cc8",
  "#9ccf6a",
  "#20396e",
  "#f4d9a0",
  "#4fb3b8",
  "#b5412f",
  "#b9a5e6",
  "#6e7f2a",
  "#f2a7bf",
  "#0f6f9c",
  "#5c2f5f",
  "#c9dd2f",
  "#93c1ee",
] as const;

/** FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  }
  return value;
}

/**
 * Colours of crops, by their names: a crop looks alike on every map and in every season.
 *
 * Two names may mean the same colour: then the crop that comes later in the list takes the next
 * free one. After every colour is used, they come again, lighter and then darker.
 */
export function cropColours(crops: readonly string[]): string[] {
  const taken = new Set<string>();
  return crops.map((crop) => {
    if (!crop) return OTHER;
    const start = hash(crop) % CROPS.length;
    for (let round = 0; round < 4; round++) {
      for (let step = 0; step < CROPS.length; step++) {
        const colour = shade(CROPS[(start + step) % CROPS.length] ?? OTHER, round);
        if (taken.has(colour)) continue;
        taken.add(colour);
        return colour;
      }
    }
    return OTHER;
  });
}

/** A colour in another lightness for each round: as it is, lighter, darker, lighter still. */
function shade(colour: string, round: number): string {
  const [to, by] = [
    [0, 0],
    [255, 0.45],
    [0, 0.35],
    [255, 0.7],
  ][round] as [number, number];
  const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return `#${parts
    .map((one) =>
      Math.round(one + (to - one) * by)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}

/** The looks of a colouring's classes, by their numbers. */
export function looksOf(kind: string, names: readonly string[]): Look[] {
  if (kind !== "crop") return names.map((name) => look(`map_${kind}` as Family, name));
  return cropColours(names).map((colour) => ({ colour, ink: "#1c2420", sign: "" }));
}

/** Colours of a share of parcels, from none to all. */
export const SHARES: readonly (readonly [number, string])[] = [
  [0, "#eef3ef"],
  [0.02, "#f6d9b8"],
  [0.1, "#e88f5d"],
  [0.3, "#b30f2a"],
  [1, "#4a0614"],
];
