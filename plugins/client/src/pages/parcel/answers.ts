/** What the API says of one parcel. Field names are those of columns and of the commands. */

import type { Card, Rows } from "../../api.ts";
import type { Item } from "../../list.ts";

export type Values = readonly (number | null)[];

export interface OtherSeason {
  name: string;
  starts: string;
  ends: string;
  crop: string | null;
}

export interface Parcel {
  season: string;
  starts: string;
  ends: string;
  pid: string;
  crop: string | null;
  attributes: Record<string, unknown>;
  repaired: string | null;
  note: string | null;
  tile: string;
  geometry: Geometry;
  flags: { card: Card; rule: string; reason: string; pixels: number | null }[];
  area_ha: number;
  centre: [number, number];
  holding_attribute: string | null;
  holding: string | null;
  previous_season: OtherSeason | null;
  next_season: OtherSeason | null;
}

/** Polygons in degrees. */
export interface Geometry {
  type: string;
  coordinates: unknown;
}

export interface Observations {
  time: readonly string[];
  obsid: Values;
  rel_orbit: Values;
  satellite: readonly (string | null)[];
  pixels: Values;
  mean: Values;
  p25: Values;
  p75: Values;
  mean_db: Values;
  p25_db: Values;
  p75_db: Values;
  clear_share: Values;
  cause: readonly (string | null)[];
}

export interface SeriesOf {
  card: Card;
  band: string;
  direction: string;
  unit: string;
  observations: Observations;
  windows: { window_start: readonly string[]; mean: Values; mean_db: Values; n: Values };
}

export interface AllSeries {
  series: SeriesOf[];
  /** By obsid: pixels of the parcel by class of the scene classification. */
  scenes: Readonly<Record<string, { classes: Readonly<Record<string, number>> | null }>>;
  /** Classes that count as clear, and the share of them that a look needs. */
  clear: { classes: readonly number[]; least_share: number };
}

export interface Lost {
  time: string;
  cause: string;
  obsid: number | null;
  product: string | null;
}

/** A span without evidence: from the look before to the look after. */
export interface Span {
  card: Card;
  direction: string;
  from: string;
  to: string;
  days: number;
  cause: string;
  causes: Record<string, number>;
  passes: Lost[];
  products: string[];
}

export interface Verdict {
  run: number;
  made_at: string;
  model: string;
  code: string | null;
  status: string;
  declared: string | null;
  predicted: string | null;
  probability: number | null;
  predicted_probability: number | null;
  rank: number | null;
  inconclusive_because: string | null;
  wrong_at_least: number | null;
  wrong_probability: number | null;
  plausible: string[] | null;
  observations: number | null;
  longest_gap_days: number | null;
  calibrated: boolean;
  sentence: string | null;
  language?: string;
}

/** A block of 25 days of one band that speaks against the declared crop; `to` is included. */
export interface Blame {
  card: Card;
  band: string;
  from: string;
  to: string;
  blame: number;
}

export interface Verdicts {
  newest: Verdict | null;
  explanation: {
    sentence: string;
    language?: string;
    compared: string | null;
    method: string | null;
    remark: string | null;
    blame: Blame[];
    since: string[];
  } | null;
  because: string | null;
  history: Verdict[];
}

export interface Curve {
  crop: string;
  roles: string[];
  card: Card;
  band: string;
  direction: string;
  parcels: number;
  window_start: readonly string[];
  p10: Values;
  p50: Values;
  p90: Values;
}

export interface Curves {
  because: string | null;
  series: Curve[];
}

export interface MarkerEvent {
  kind: string;
  start_date: string;
  end_date: string;
  best_date: string | null;
  confidence: number | null;
  before: string | null;
  after: string | null;
  evidence: string[];
}

export interface MarkerState {
  marker: string;
  version: string;
  run: number;
  window_start: string;
  window_end: string;
  status: string;
  reason: string | null;
  confidence: number | null;
  gap_confidence: number | null;
  longest_gap_days: number | null;
  observations: number | null;
  events: MarkerEvent[];
}

export interface Schemes {
  because: string | null;
  run: number | null;
  file?: string;
  verdicts: {
    scheme: string;
    colour: string;
    reason: string | null;
    sentence: string;
    language?: string;
  }[];
}

export interface PeerWindow {
  card: Card;
  band: string;
  direction: string;
  window_start: string;
  n: number;
  p10: number | null;
  p50: number | null;
  p90: number | null;
  p10_db: number | null;
  p50_db: number | null;
  p90_db: number | null;
}

export interface PeerBand extends Rows<PeerWindow> {
  because: string | null;
  peers: number;
  farthest_m?: number;
  sentences: string[];
  language?: string;
  remarks: string[];
}

export interface WeatherDay {
  day: string;
  tmean: number | null;
  tmin: number | null;
  tmax: number | null;
  precipitation: number | null;
}

export interface Weather extends Rows<WeatherDay> {
  cell: string;
  distance_m: number;
}

export interface Chain {
  obsid: number;
  time: string;
  card: Card;
  satellite: string;
  rel_orbit: number | null;
  direction: string | null;
  rule: string | null;
  bands: string[];
  pixels: number | null;
  extraction: string | null;
  extracted_at: string | null;
  product: string;
  platform: string | null;
  product_id: string | null;
  location: string | null;
  size_bytes: number | null;
  checksum: string | null;
  baseline: string | null;
  status: string;
  engine: Record<string, unknown> | null;
  sources: { obsid: number; product: string; role: string; platform: string; time: string }[];
}

export type Finding = "right" | "wrong" | "unclear";

export interface Decision {
  id: number;
  pid: string;
  run: number | null;
  finding: Finding;
  true_crop: string | null;
  decided_by: string;
  made_at: string | null;
  recorded_at: string;
  note: string | null;
  photo: string | null;
  source: string;
  declared: string | null;
  withdraws: number | null;
  withdrawn_by: number | null;
  in_force: boolean;
}

export interface Decided {
  decision: Decision;
  /** Decisions that the page had not shown. */
  newer: Decision[];
  repeated: boolean;
}

export interface Around {
  previous: Item | null;
  item: Item & { finding: string | null };
  next: Item | null;
  position: number | null;
  of: number;
  /** The list from the page of the item on: its `after`. */
  page_after: string | null;
  /** Number of the quality sample. */
  sample: number | null;
}

/** Where a chip lies, and the parcel's outline as a path in its pixels. */
export interface Frame {
  width: number;
  height: number;
  pixel_m: number;
  outline: string;
}

/** A date of the calendar of images. Addresses begin at the mount. */
export interface Look {
  obsid: number;
  at: string;
  day: string;
  card: Card;
  satellite: string;
  orbit: number | null;
  direction: string | null;
  product: string;
  clear_share: number | null;
  ndvi: number | null;
  held: string;
  why_not: string | null;
  language?: string;
  decides: string | null;
  bands: string;
  band_sets: string[];
  version: string;
  frame: Frame | null;
  image: string;
  about: string;
  /** The GeoTIFF without a login, for some minutes; `renew` leads there at any time. */
  raw: string;
  renew: string;
}

/** The clear pixels of a parcel in an optical image. */
export interface Pixels {
  pixels: number;
  /** Counts of NDVI, in bins from -1 to 1. */
  ndvi: readonly number[];
  /** Reflectances of some of the pixels, one by one. */
  red: readonly number[];
  nir: readonly number[];
}

export interface Looks extends Rows<Look> {
  language?: string;
  band_sets: { name: string; title: string }[];
  notes: string[];
}
