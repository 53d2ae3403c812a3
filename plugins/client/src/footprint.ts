/** Footprints as a drawing: paths in a box in which a degree is as long to the east as to the north. */

import type { Footprint } from "./api.ts";

export interface Drawn {
  /** Width and height of the drawing, of which the longer one is {@link SIDE}. */
  width: number;
  height: number;
  /** One for each footprint; null for those that have none. */
  paths: (string | null)[];
  /** West, south, east, north of all, in degrees. */
  bounds: [number, number, number, number];
}

const SIDE = 300;
const MARGIN = 6;

function ringsOf(footprint: Footprint): number[][][] {
  const parts = (
    footprint.type === "Polygon" ? [footprint.coordinates] : footprint.coordinates
  ) as number[][][][];
  return parts.flat();
}

/** The drawing of footprints in longitude and latitude; null if there are none. */
export function draw(footprints: readonly (Footprint | null)[]): Drawn | null {
  const rings = footprints.map((one) => (one ? ringsOf(one) : []));
  const points = rings.flat(2) as [number, number][];
  if (points.length === 0) return null;
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [west, east, south, north] = [least(xs), -least(xs, -1), least(ys), -least(ys, -1)];
  const shrink = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const [wide, high] = [(east - west) * shrink, north - south];
  // A footprint without extent is drawn as a point in the middle.
  const scale = (SIDE - 2 * MARGIN) / (Math.max(wide, high) || 1);
  const at = ([x = 0, y = 0]: number[]): string =>
    `${((x - west) * shrink * scale + MARGIN).toFixed(1)} ${((north - y) * scale + MARGIN).toFixed(1)}`;
  const path = (own: number[][][]): string =>
    own.map((ring) => `M${ring.map(at).join("L")}Z`).join("");
  return {
    width: Math.ceil(wide * scale + 2 * MARGIN),
    height: Math.ceil(high * scale + 2 * MARGIN),
    paths: rings.map((own) => (own.length > 0 ? path(own) : null)),
    bounds: [west, south, east, north],
  };
}

/** The least value times a sign; a spread of a long list would be too much for a call. */
function least(values: readonly number[], sign: 1 | -1 = 1): number {
  return values.reduce((found, value) => Math.min(found, sign * value), Number.POSITIVE_INFINITY);
}
