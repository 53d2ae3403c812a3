/** The charts of a parcel as plain data: observations, five-day means, and what lies behind them. */

import type { Card } from "../../api.ts";
import type { EventOf, GapOf, LineOf, Series } from "../../parts/series.ts";
import type {
  Blame,
  Curve,
  MarkerState,
  Parcel,
  PeerWindow,
  SeriesOf,
  Span,
  WeatherDay,
} from "./answers.ts";
import { hasValues, joined, type Points } from "./joining.ts";

export type Layer = "inner" | "means" | "declared" | "predicted" | "peers" | "events";

/** All that has a name and a colour in a chart. */
export type Drawn = Layer | "seen" | "hidden" | "left_out" | "clear";

/** What can be shown with the observations, in the order of the switches. */
export const LAYERS: readonly Layer[] = [
  "inner",
  "means",
  "declared",
  "predicted",
  "peers",
  "events",
];

/** Colours of lines and of what lies behind them; a crop is known by its dashes too. */
export const COLOURS: Readonly<Record<Drawn, string>> = {
  seen: "#14573a",
  hidden: "#8b958f",
  left_out: "#b3186d",
  clear: "#5f7fa8",
  inner: "#14573a",
  means: "#1c2420",
  declared: "#0b6bcb",
  predicted: "#b8500b",
  peers: "#7a3f92",
  events: "#8a3a00",
};

const FIVE_DAYS_S = 5 * 86_400;
const DAY_S = 86_400;

/** What the charts are drawn from; each but the series may be missing. */
export interface Behind {
  parcel: Pick<Parcel, "starts" | "ends">;
  gaps: readonly Span[];
  /** Of {@link lanesOf}. */
  lanes?: Readonly<Record<string, readonly string[]>>;
  /** Scenes whose view clouds hide; without it those that the gaps name. */
  hidden?: ReadonlySet<number | null>;
  /** Scenes that the reader leaves out. */
  leftOut?: ReadonlySet<number>;
  curves: readonly Curve[];
  peers: readonly PeerWindow[];
  markers: readonly MarkerState[];
  blame: readonly Blame[];
}

/** Words that a chart needs; they come from the catalogue. */
export interface Words {
  title: string;
  unit: string;
  gap: (span: Span) => string;
  name: (layer: Drawn, curve?: Curve) => string;
  event: (kind: string) => string;
  decisive: string;
}

/** Seconds since 1970 of a moment or a day. */
export function secondsOf(iso: string): number {
  return Date.parse(iso.length === 10 ? `${iso}T00:00:00Z` : iso) / 1000;
}

/** A five-day mean stands in the middle of its window. */
export function middleOf(start: string): number {
  return secondsOf(start) + FIVE_DAYS_S / 2;
}

const CARD_ORDER: readonly Card[] = ["bs", "c6", "c12", "s2"];
// Indices first, those that most people read before the others.
const BAND_ORDER = ["VV", "VH", "NDVI", "NDMI", "NDWI", "BSI", "NDTI"];
/** Optical series that are shown before anybody chooses. */
const SHOWN_FIRST = ["NDVI", "NDMI"];

/** Series in the order of the page: by card, direction and band. */
export function inPageOrder(series: readonly SeriesOf[]): SeriesOf[] {
  const place = (one: SeriesOf): [number, string, number, string] => {
    const band = BAND_ORDER.indexOf(one.band);
    return [
      CARD_ORDER.indexOf(one.card),
      one.direction,
      band < 0 ? BAND_ORDER.length : band,
      one.band,
    ];
  };
  return [...series].sort((one, other) => {
    const [a, b] = [place(one), place(other)];
    const at = a.findIndex((value, index) => value !== b[index]);
    return at < 0 ? 0 : (a[at] as number) < (b[at] as number) ? -1 : 1;
  });
}

/** Whether a series is of both directions of the radar, whose values are not alike. */
export function isOfBoth(one: Pick<SeriesOf, "card" | "direction">): boolean {
  return one.card !== "s2" && one.direction === "*";
}

/**
 * Names of the series that are shown first: radar by direction and two indices, or what there is
 * of them.
 */
export function shownFirst(series: readonly SeriesOf[]): Set<string> {
  const apart = (both: SeriesOf): boolean =>
    series.some((one) => one.card === both.card && one.direction !== "*");
  const optical = series.filter((one) => one.card === "s2");
  const known = optical.filter((one) => SHOWN_FIRST.includes(one.band));
  const chosen = known.length > 0 ? known : optical.slice(0, 2);
  const radar = series.filter((one) => one.card !== "s2" && !(isOfBoth(one) && apart(one)));
  return new Set([...radar, ...chosen].map(keyOf));
}

export function keyOf(one: { card: string; band: string; direction: string }): string {
  return `${one.card} ${one.band} ${one.direction}`;
}

/** Whether something belongs to a series; `*` is every direction. */
function matches(one: SeriesOf, other: { card: string; band?: string; direction: string }) {
  return (
    one.card === other.card &&
    (other.band === undefined || one.band === other.band) &&
    (other.direction === one.direction || other.direction === "*" || one.direction === "*")
  );
}

/** One series as a chart. */
export function chartOf(
  one: SeriesOf,
  behind: Behind,
  shown: ReadonlySet<Layer>,
  words: Words,
): Series {
  const gaps = gapsOf(one, behind);
  const points = observed(one, behind.hidden ?? obsidsHidden(gaps), behind.leftOut ?? new Set());
  const { seen, hidden, leftOut, low, high, clear } = points;
  const lines: [string, Points, Partial<LineOf>][] = [
    [words.name("seen"), seen, { colour: COLOURS.seen, width: 1.2 }],
  ];
  if (hidden.size > 0)
    lines.push([words.name("hidden"), hidden, { colour: COLOURS.hidden, width: 0 }]);
  if (leftOut.size > 0)
    lines.push([words.name("left_out"), leftOut, { colour: COLOURS.left_out, width: 0 }]);
  const bands: [string, Points, Points, string][] = [];
  const curves = behind.curves.filter((curve) => matches(one, curve));
  for (const role of ["declared", "predicted"] as const) {
    const curve = shown.has(role) ? curves.find(({ roles }) => roles.includes(role)) : undefined;
    // One crop in both roles is drawn once.
    if (!curve || (role === "predicted" && shown.has("declared") && curve.roles.length > 1))
      continue;
    const name = words.name(role, curve);
    const [p10, p50, p90] = (["p10", "p50", "p90"] as const).map((part) =>
      windows(curve.window_start, curve[part]),
    ) as [Points, Points, Points];
    bands.push([name, p10, p90, `${COLOURS[role]}24`]);
    lines.push([name, p50, median(COLOURS[role], role === "declared" ? [8, 4] : [2, 3])]);
  }
  if (shown.has("peers")) addPeers(one, behind.peers, words.name("peers"), lines, bands);
  if (shown.has("inner") && hasValues(low)) {
    bands.push([words.name("inner"), low, high, `${COLOURS.inner}38`]);
  }
  if (shown.has("means")) {
    const means = one.card === "bs" ? one.windows.mean_db : one.windows.mean;
    const kept = without(leftOut, one.windows.window_start, means);
    const middles = windows(one.windows.window_start, kept);
    lines.push([words.name("means"), middles, { colour: COLOURS.means, width: 2, points: true }]);
  }
  if (clear.size > 0) {
    lines.push([words.name("clear"), clear, { colour: COLOURS.clear, width: 0 }]);
  }
  return joined(
    {
      title: words.title,
      unit: words.unit,
      gaps: gaps.map((gap) => gapOf(gap, words)),
      remarks: [...leftOut.keys()].map((at) => ({ at, note: words.name("left_out") })),
      events: shown.has("events") ? eventsOf(one, behind, words) : [],
    },
    lines,
    bands,
    [secondsOf(behind.parcel.starts), secondsOf(behind.parcel.ends) + DAY_S],
  );
}

/** The gaps of a series. One of both directions has evidence as long as either of them has. */
function gapsOf(one: SeriesOf, { gaps: all, lanes }: Behind): readonly Span[] {
  const gaps = all.filter((gap) => matches(one, gap));
  const sides = lanes?.[one.card] ?? [];
  if (!isOfBoth(one) || sides.length < 2) return gaps;
  const [first = [], second = []] = sides.map((side) =>
    gaps.filter(({ direction }) => direction === side || direction === "*"),
  );
  return first.flatMap((a) =>
    second.flatMap((b) => {
      // Times of one form: their order is that of their letters.
      const [from = "", to = ""] = [[a.from, b.from].sort()[1], [a.to, b.to].sort()[0]];
      return from < to ? [{ ...a, from, to, causes: { ...b.causes, ...a.causes } }] : [];
    }),
  );
}

/** Directions of the radar that a parcel has series of, by card. */
export function lanesOf(series: readonly SeriesOf[]): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const { card, direction } of series) {
    const known = found[card] ?? [];
    found[card] = direction === "*" || known.includes(direction) ? known : [...known, direction];
  }
  return found;
}

function median(colour: string, dash: readonly number[]): Partial<LineOf> {
  return { colour, dash, width: 1.5, points: false };
}

/** Scenes whose view of the parcel clouds hide, or that gave no pixel. */
function obsidsHidden(gaps: readonly Span[]): Set<number | null> {
  return new Set(gaps.flatMap(({ passes }) => passes.map(({ obsid }) => obsid)));
}

/** Five-day means without those of windows in which a look is left out: they hold it. */
function without(
  leftOut: Points,
  starts: readonly string[],
  means: readonly (number | null)[],
): (number | null)[] {
  const times = [...leftOut.keys()];
  return means.map((mean, index) => {
    const from = secondsOf(starts[index] ?? "");
    return times.some((at) => from <= at && at < from + FIVE_DAYS_S) ? null : mean;
  });
}

function observed(
  one: SeriesOf,
  hiddenBy: ReadonlySet<number | null>,
  leaves: ReadonlySet<number>,
) {
  const { observations: all, card } = one;
  const [mean, p25, p75] =
    card === "bs" ? [all.mean_db, all.p25_db, all.p75_db] : [all.mean, all.p25, all.p75];
  const [seen, hidden, leftOut, low, high, clear]: Points[] = [1, 2, 3, 4, 5, 6].map(
    () => new Map(),
  ) as Points[];
  all.time.forEach((iso, index) => {
    let at = secondsOf(iso);
    // Two scenes of one moment are both seen.
    while (seen?.has(at)) at += 1;
    const obsid = all.obsid[index] ?? null;
    const isLeft = obsid !== null && leaves.has(obsid);
    const isHidden = isLeft || (obsid !== null && hiddenBy.has(obsid));
    const value = mean[index] ?? null;
    seen?.set(at, isHidden ? null : value);
    if (isHidden && value !== null) (isLeft ? leftOut : hidden)?.set(at, value);
    low?.set(at, isHidden ? null : (p25[index] ?? null));
    high?.set(at, isHidden ? null : (p75[index] ?? null));
    if (!isLeft && all.clear_share[index] != null) clear?.set(at, all.clear_share[index]);
  });
  return { seen, hidden, leftOut, low, high, clear } as Record<
    "seen" | "hidden" | "leftOut" | "low" | "high" | "clear",
    Points
  >;
}

function windows(starts: readonly string[], values: readonly (number | null)[]): Points {
  return new Map(starts.map((start, index) => [middleOf(start), values[index] ?? null]));
}

function addPeers(
  one: SeriesOf,
  peers: readonly PeerWindow[],
  name: string,
  lines: [string, Points, Partial<LineOf>][],
  bands: [string, Points, Points, string][],
): void {
  const rows = peers.filter((row) => matches(one, row));
  if (rows.length === 0) return;
  const db = one.card === "bs";
  const part = (of: (row: PeerWindow) => number | null): Points =>
    new Map(rows.map((row) => [middleOf(row.window_start), of(row)]));
  bands.push([
    name,
    part((row) => (db ? row.p10_db : row.p10)),
    part((row) => (db ? row.p90_db : row.p90)),
    `${COLOURS.peers}24`,
  ]);
  lines.push([
    name,
    part((row) => (db ? row.p50_db : row.p50)),
    median(COLOURS.peers, [12, 3, 2, 3]),
  ]);
}

export function gapOf(gap: Span, words: Pick<Words, "gap">): GapOf {
  return { from: secondsOf(gap.from), to: secondsOf(gap.to), cause: words.gap(gap) };
}

/** Kinds of events that are states which last. */
const LASTING = ["covered", "bare", "unbroken"];

function eventsOf(one: SeriesOf, behind: Behind, words: Words): EventOf[] {
  const happened = behind.markers.flatMap(({ events }) =>
    events.map((event) => {
      const [from, to] = [secondsOf(event.start_date), secondsOf(event.end_date)];
      const at = event.best_date ? secondsOf(event.best_date) : (from + to) / 2;
      const lasting = LASTING.includes(event.kind);
      return { from, to, at, label: words.event(event.kind), ...(lasting ? { lasting } : {}) };
    }),
  );
  const decisive = behind.blame
    .filter((block) => block.card === one.card && block.band === one.band)
    .map((block) => {
      const [from, to] = [secondsOf(block.from), secondsOf(block.to) + DAY_S];
      return { from, to, at: (from + to) / 2, label: words.decisive };
    });
  return [...happened, ...decisive];
}

/** The weather as two charts' worth of lines. */
export function weatherChart(
  days: readonly WeatherDay[],
  part: "temperature" | "precipitation",
  season: Pick<Parcel, "starts" | "ends">,
  words: { title: string; unit: string; mean: string; range: string },
): Series {
  const of = (name: "tmean" | "tmin" | "tmax" | "precipitation"): Points =>
    new Map(days.map((row) => [secondsOf(row.day) + DAY_S / 2, row[name]]));
  const warm = part === "temperature";
  return joined(
    { title: words.title, unit: words.unit },
    [
      [
        words.mean,
        of(warm ? "tmean" : part),
        { colour: warm ? "#a3422b" : "#2a62a3", points: !warm },
      ],
    ],
    warm ? [[words.range, of("tmin"), of("tmax"), "#a3422b2e"]] : [],
    [secondsOf(season.starts), secondsOf(season.ends) + DAY_S],
  );
}
