/** What a chart draws, as plain data: lines, bands, gaps and events; and its table and its words. */

/**
 * Values at the chart's times: null where there is none, which breaks the line; undefined at a time
 * that is another line's, over which it goes on.
 */
export type Values = readonly (number | null | undefined)[];

export interface LineOf {
  name: string;
  values: Values;
  colour: string;
  dash?: readonly number[];
  width?: number;
  /** Whether each value has a dot: without it, one between two gaps cannot be seen. */
  points?: boolean;
}

/** The space between two percentiles. */
export interface BandOf {
  name: string;
  low: Values;
  high: Values;
  colour: string;
}

/** A time without values, and why; seconds since 1970. */
export interface GapOf {
  from: number;
  to: number;
  cause: string;
}

/** Something that happened between two looks, most likely at `at`; seconds since 1970. */
export interface EventOf {
  from: number;
  to: number;
  at: number;
  label: string;
  /** A state that lasted, not something that happened on a day. */
  lasting?: boolean;
}

export interface Series {
  title: string;
  unit: string;
  /** Seconds since 1970, ascending. */
  times: readonly number[];
  lines: readonly LineOf[];
  bands?: readonly BandOf[];
  gaps?: readonly GapOf[];
  events?: readonly EventOf[];
  /** What the table says of a time; the chart shows it otherwise. */
  remarks?: readonly { at: number; note: string }[];
}

/** A row of the table beside a chart; a gap is a row without values. */
export interface SeriesRow {
  at: number;
  values: (number | null)[];
  note: string;
}

/** The table of a chart: all times, and gaps and events at their place. */
export function rowsOf(series: Series): SeriesRow[] {
  const columns = columnsOf(series);
  const events = series.events ?? [];
  const named = (at: number): string =>
    [
      ...(series.remarks ?? []).filter((one) => one.at === at).map(({ note }) => note),
      ...events.filter((event) => event.at === at).map(({ label }) => label),
    ].join(", ");
  const known = new Set(series.times);
  const notes = [
    ...(series.gaps ?? []).map(({ from, cause }) => ({ at: from, note: cause })),
    ...events.filter(({ at }) => !known.has(at)).map(({ at, label }) => ({ at, note: label })),
  ];
  const blank = columns.map(() => null);
  // A time that is no column's own only sets how far the chart reaches.
  const isOwn = (index: number): boolean =>
    columns.some(({ values }) => values[index] !== undefined);
  return [
    ...series.times
      .map((at, index) => ({
        at,
        values: columns.map(({ values }) => values[index] ?? null),
        note: named(at),
      }))
      .filter((row, index) => isOwn(index) || row.note),
    ...notes.map((one) => ({ ...one, values: blank })),
  ].sort((one, other) => one.at - other.at);
}

/** The columns of the table: lines, then both edges of each band. */
export function columnsOf(series: Series): { name: string; values: Values }[] {
  const edges = (series.bands ?? []).flatMap(({ name, low, high }) => [
    { name: `${name} ▼`, values: low },
    { name: `${name} ▲`, values: high },
  ]);
  return [...series.lines.map(({ name, values }) => ({ name, values })), ...edges];
}

/** The causes of the gaps at a moment; empty if it is in none. */
export function causesAt(gaps: readonly GapOf[], at: number): string[] {
  return gaps.filter(({ from, to }) => from <= at && at <= to).map(({ cause }) => cause);
}

/** How many values the first line has, and the first and last time of them. */
export function extent(series: Series): { values: number; first: number; last: number } | null {
  const values = series.lines[0]?.values ?? [];
  const there = series.times.filter((_, index) => values[index] != null);
  const [first, last] = [there[0], there.at(-1)];
  return first === undefined || last === undefined ? null : { values: there.length, first, last };
}
