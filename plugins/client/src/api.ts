/** The answers of the API that pages show. Field names are those of columns and of the commands. */

export type Card = "bs" | "c6" | "c12" | "s2";

/** A page of a table; `next` is handed back as `after`. */
export interface Rows<Row> {
  rows: Row[];
  next: string | null;
}

export interface SeasonRow {
  name: string;
  starts: string;
  ends: string;
  parcels: number;
  gaps_open: number;
  gaps_late: number;
  last_day: string | null;
  list_made_at: string | null;
}

/** One card in one month: passes per tile, of which `expected` is the sum of the next four. */
export interface Month {
  card: Card;
  month: string;
  expected: number;
  found: number;
  cloudy: number;
  confirmed: number;
  open: number;
  not_planned: number;
  not_run: number;
}

/** Open gaps of one card, cause and state. */
export interface GapCount {
  card: Card;
  cause: string;
  state: string;
  gaps: number;
  oldest: string;
}

/** The newest list: parcels by status, and how many of each a person has decided. */
export interface WorkCount {
  run: number;
  made_at: string;
  confirmed?: number;
  inconclusive?: number;
  outlier?: number;
  decided: Partial<Record<string, number>>;
}

/** Parcels with one answer of one marker. */
export interface MarkerCount {
  marker: string;
  status: string;
  reason: string | null;
  parcels: number;
}

/** Parcels with one colour of one scheme. */
export interface SchemeCount {
  scheme: string;
  colour: string;
  parcels: number;
}

/** Units of extraction in hand (`inprogress`) or waiting (`ready`). */
export interface Running {
  card: Card;
  status: string;
  units: number;
  scenes: number;
  since: string | null;
}

/** A check of the proof that does not hold yet, with the first of what fails it. */
export interface Failing {
  check: string;
  count: number;
  items: string[];
}

export interface SeasonSummary {
  name: string;
  starts: string;
  ends: string;
  parcels: number;
  simulated: boolean;
  at: string;
  sentence: string;
  failing: Failing[];
  months: Month[];
  gaps: GapCount[];
  work: WorkCount | null;
  markers: MarkerCount[];
  schemes: SchemeCount[];
  running: Running[];
}

export type PassState =
  | "missing"
  | "late"
  | "awaited"
  | "given up"
  | "not run yet"
  | "cloudy"
  | "processed"
  | "not planned";

export interface TileOfPass {
  tile: string;
  state: PassState;
  cause: string | null;
  gap: number | null;
}

/** A card on one orbit and day: a square of the calendar. `state` is the worst of its tiles. */
export interface Square {
  card: Card;
  rel_orbit: number;
  direction: string;
  satellite: string;
  date: string;
  state: PassState;
  acquisition: number | null;
  tiles: TileOfPass[];
}

export interface GapRow {
  id: number;
  card: Card;
  satellite: string;
  rel_orbit: number;
  direction: string | null;
  tile: string;
  expected_at: string;
  cause: string;
  evidence: string;
  state: string;
  parcels: number;
  attempts: number;
  next_check: string | null;
}

/** What a map may be coloured by: `names` are its classes, by number. */
export interface Colouring {
  key: string;
  kind: "verdict" | "crop" | "gaps" | "scheme" | "marker" | "observations";
  of: string;
  names: string[];
  marked: number[];
  version: string;
}

export interface Background {
  name: string;
  url: string;
}

export interface SeasonMap {
  season: string;
  extent: [number, number, number, number];
  tiles: string[];
  first_zoom_with_outlines: number;
  last_zoom: number;
  holding_attribute: string | null;
  backgrounds: Background[];
  colourings: Colouring[];
}

export interface MapClass {
  class: number;
  name: string;
  parcels: number;
  area_ha: number;
  marked: boolean;
}

export interface MapLegend {
  colour: string;
  version: string;
  rows: MapClass[];
}

/** A layer of the newest images of our own products: `tiles` begins at the mount. */
export interface ImageLayer {
  sensor: string;
  title: string;
  first_zoom: number;
  last_zoom: number;
  newest_at: string | null;
  tiles: string;
  tile_pixels: number;
}

/** A parcel as the map lists it; without `class` where no colouring was asked for. */
export interface MapParcel {
  pid: string;
  crop: string | null;
  area_ha: number;
  longitude: number;
  latitude: number;
  class?: string;
}

export interface InView extends Rows<MapParcel> {
  /** All parcels in view, of which the rows are some. */
  parcels: number;
}
