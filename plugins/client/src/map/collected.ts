/** The parcels that were chosen on the map, one after the other, as plain data. */

import { csvOf } from "../parts/csv.ts";

export interface Collected {
  pid: string;
  crop: string | null;
  area_ha: number | null;
  longitude: number;
  latitude: number;
  /** Key of the map's colouring when it was chosen, and its class there. */
  colour: string | null;
  class: string | null;
}

/** The parcels with further ones: each is there once, with the newest class that is known. */
export function added(rows: readonly Collected[], more: readonly Collected[]): Collected[] {
  const found = new Map(rows.map((row) => [row.pid, row]));
  for (const one of more) {
    if (one.class !== null || !found.has(one.pid)) found.set(one.pid, one);
  }
  return [...found.values()];
}

/** What a browser has kept; nothing if it is not ours. */
export function kept(text: string | null): Collected[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found.filter(isOne) : [];
  } catch {
    return [];
  }
}

function isOne(value: unknown): value is Collected {
  if (typeof value !== "object" || value === null) return false;
  const one = value as Record<string, unknown>;
  const isText = (name: string): boolean => one[name] === null || typeof one[name] === "string";
  return (
    typeof one.pid === "string" &&
    ["crop", "colour", "class"].every(isText) &&
    (one.area_ha === null || typeof one.area_ha === "number") &&
    ["longitude", "latitude"].every((name) => typeof one[name] === "number")
  );
}

/** The parcels as a file, in the API's names. */
export function collectedCsv(rows: readonly Collected[]): string {
  return csvOf<Collected>(
    {
      pid: (row) => row.pid,
      crop: (row) => row.crop,
      area_ha: (row) => row.area_ha,
      longitude: (row) => row.longitude,
      latitude: (row) => row.latitude,
      colour: (row) => row.colour,
      class: (row) => row.class,
    },
    rows,
  );
}
