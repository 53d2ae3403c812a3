/** What the map shows, as its address says it: `?colour=…&crop=…#zoom/latitude/longitude`. */

/** Cells by their most frequent class, or by the share of parcels that are looked for. */
export type Cells = "class" | "share";

export interface MapState {
  /** Key of a colouring; null: the first that the season has. */
  colour: string | null;
  crop: string | null;
  tile: string | null;
  holding: string | null;
  /** Names of classes that are not shown. */
  hidden: readonly string[];
  cells: Cells;
  /** Whether outliers are shown whatever the map is coloured by. */
  outliers: boolean;
  background: string | null;
  /** Sensor of the newest images that lie behind the parcels. */
  image: string | null;
  /** The parcel that was chosen. */
  pid: string | null;
  /** Sensor, and direction of the radar, whose images lie on the map; null: of none. */
  strip: string | null;
  /** From which moment on the image is; null: the last clear one. */
  at: string | null;
}

export interface View {
  zoom: number;
  latitude: number;
  longitude: number;
}

/** West, south, east and north, in degrees. */
export type Box = readonly [number, number, number, number];

export function stateOf(search: string): MapState {
  const query = new URLSearchParams(search);
  return {
    colour: query.get("colour") || null,
    crop: query.get("crop") || null,
    tile: query.get("tile") || null,
    holding: query.get("holding") || null,
    hidden: query.getAll("hidden"),
    cells: query.get("cells") === "share" ? "share" : "class",
    outliers: query.get("outliers") !== "no",
    background: query.get("background") || null,
    image: query.get("image") || null,
    pid: query.get("pid") || null,
    strip: query.get("strip") || null,
    at: query.get("at") || null,
  };
}

const NAMES = [
  "colour",
  "crop",
  "tile",
  "holding",
  "background",
  "image",
  "pid",
  "strip",
  "at",
] as const;

/** The query of a state; what is as ever is left out. */
export function searchOf(state: MapState): string {
  const query = new URLSearchParams();
  for (const name of NAMES) {
    const value = state[name];
    if (value) query.set(name, value);
  }
  for (const name of state.hidden) query.append("hidden", name);
  if (state.cells === "share") query.set("cells", "share");
  if (!state.outliers) query.set("outliers", "no");
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** The view of a hash; null for one that names no place on the map. */
export function viewOf(hash: string): View | null {
  const parts = hash.replace(/^#/, "").split("/");
  const [zoom = Number.NaN, latitude = Number.NaN, longitude = Number.NaN] = parts.map((one) =>
    one.trim() ? Number(one) : Number.NaN,
  );
  const good =
    parts.length === 3 &&
    zoom >= 0 &&
    zoom <= 22 &&
    Math.abs(latitude) <= 85 &&
    Math.abs(longitude) <= 180;
  return good ? { zoom, latitude, longitude } : null;
}

export function hashOf({ zoom, latitude, longitude }: View): string {
  return `#${zoom.toFixed(2)}/${latitude.toFixed(5)}/${longitude.toFixed(5)}`;
}

/** The filter of an answer or a tile: what the state shows of a colouring's classes. */
export function filterOf(
  state: MapState,
  colour: string,
  names: readonly string[] | null,
): URLSearchParams {
  const query = new URLSearchParams({ colour });
  for (const name of ["crop", "tile", "holding"] as const) {
    const value = state[name];
    if (value) query.set(name, value);
  }
  const shown = names ? shownOf(names, state.hidden) : [];
  if (names && shown.length < names.length) {
    for (const name of shown) query.append("only", name);
  }
  return query;
}

/** The classes that are not hidden. */
export function shownOf(names: readonly string[], hidden: readonly string[]): string[] {
  const out = new Set(hidden);
  return names.filter((name) => !out.has(name));
}

/** Hide a class that is shown, or show it again. */
export function toggled(hidden: readonly string[], name: string): string[] {
  return hidden.includes(name) ? hidden.filter((one) => one !== name) : [...hidden, name];
}
