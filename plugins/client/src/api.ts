/** The answers of the API that pages show. Field names are those of columns and of the commands. */

import type { Right } from "./config.ts";
import type { Kind } from "./list.ts";

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
  /** Of all units of the card's scenes in hand; `begun` is when the first was worked on. */
  done: number;
  total: number;
  begun: string | null;
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
  /** Of its sentences; without it they are English. */
  language?: string;
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

/** A parcel on the work list, for one reason. */
export interface WorkRow {
  kind: Kind;
  /** Scheme of the rules, or group of the quality sample. */
  scheme: string | null;
  pid: string;
  crop: string | null;
  predicted: string | null;
  holding: string | null;
  tile: string | null;
  area_ha: number | null;
  rank: number | null;
  /** Probability that the declaration is wrong, or its lower bound if not calibrated. */
  wrong: number | null;
  calibrated: boolean | null;
  sentence: string | null;
  language?: string;
  decided: boolean;
  finding: string | null;
  decided_by: string | null;
  assignee: string | null;
}

/** How much of a list is left. */
export interface WorkSummary {
  items: number;
  left: number;
  expected_wrong_left: number;
  calibrated: boolean;
  outlier_run: number | null;
  scheme_run: number | null;
  sample: number | null;
}

export interface WorkPage extends Rows<WorkRow> {
  summary: WorkSummary;
}

/** Items of a list that have something in common. */
export interface WorkGroup {
  name: string | null;
  items: number;
  left: number;
  area_ha: number;
  expected_wrong_left: number;
}

/** What an assignment has changed, and who had parcels before. */
export interface Assigned {
  changed: number;
  taken: { pid: string; before: string }[];
}

/** An API key, without the key itself. */
export interface KeyRow {
  id: number;
  label: string;
  user_name: string;
  rights: Right[];
  seasons: string[] | null;
  created_at: string;
  expires_at: string;
  last_used_at: string | null;
  revoked_at: string | null;
}

/** A key that was just made: the only time that it is shown. */
export interface KeyMade {
  key: string;
  row: KeyRow;
}

/** A run that was started; `path` is its page below Airflow's address. */
export interface Started {
  dag: string;
  run: string;
  path: string;
}

/** The area that a scene has seen, in longitude and latitude. */
export interface Footprint {
  type: "Polygon" | "MultiPolygon";
  coordinates: number[][][] | number[][][][];
}

/** A scene that another one was made of, or that was made of it. */
export interface SceneLink {
  obsid: number;
  product: string;
  role: string;
}

/** The extraction of one scene over one tile. */
export interface Unit {
  tile: string;
  status: string;
  records: number | null;
  cause: string | null;
  reason: string | null;
  attempts: number;
  finished_at: string | null;
  seconds: number | null;
  clear_share: number | null;
}

/** A product as the ledger knows it. `card` is null for those that others are made of. */
export interface Scene {
  obsid: number;
  product: string;
  kind: string;
  card: Card | null;
  platform: string;
  satellite: string;
  rel_orbit: number | null;
  direction: string | null;
  time: string;
  ends: string;
  published: string | null;
  registered_at: string | null;
  changed_at: string | null;
  status: string;
  cause: string | null;
  reason: string | null;
  attempts: number;
  superseded_by: number | null;
  location: string | null;
  online: boolean | null;
  size_bytes: number | null;
  checksum: string | null;
  baseline: string | null;
  timeliness: string | null;
  tile: string | null;
  engine: string | null;
  footprint: Footprint | null;
  sources: SceneLink[];
  made: SceneLink[];
  extraction: Unit[];
  records: number;
}

/** A run that an operator may start. */
export interface RunWish {
  what: "ask_again" | "run_day";
  card?: Card;
  day?: string;
  /** Any scene of the only pass that it is about, or the only product. */
  acquisition?: number;
  product?: number;
}

/** A gap of the page's pass. */
export interface GapOfPass extends Omit<GapRow, "satellite" | "rel_orbit" | "direction"> {
  found_at: string;
  checked_at: string | null;
  closed_at: string | null;
  obsid: number | null;
}

export interface PassAnswer {
  acquisition: number;
  satellite: string;
  rel_orbit: number | null;
  direction: string | null;
  time: string;
  ends: string;
  records: number;
  scenes: Scene[];
  gaps: GapOfPass[];
  runs: RunWish[];
}

export interface ProductAnswer extends Scene {
  others_of_pass: Pick<Scene, "obsid" | "product" | "kind" | "card" | "status">[];
  gaps: GapOfPass[];
  runs: RunWish[];
}

/** A finding on an item of a quality sample. */
export interface QualityFound {
  id: number;
  bucket: string;
  pid: string;
  finding: string;
  inspector: string;
  recorded_at: string;
  /** The parcel that takes its place where nobody can tell. */
  replaced_by: string | null;
}

/** A finding as it was recorded, and those of others that the reader had not seen. */
export interface QualityAnswer {
  finding: QualityFound;
  newer: QualityFound[];
  repeated: boolean;
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
