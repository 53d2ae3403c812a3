/** Passes of the season page: which states a figure counts, and where each square of the calendar lies. */

import type { Card, Month, PassState, Square, TileOfPass } from "./api.ts";
import { statesOf } from "./states.ts";
import { CARDS, namesOf } from "./vocabulary.ts";

/** The figures of a month that can be looked into. */
export type Figure =
  | "expected"
  | "found"
  | "open"
  | "cloudy"
  | "confirmed"
  | "not_run"
  | "not_planned";

export const FIGURES: readonly Figure[] = [
  "expected",
  "found",
  "open",
  "cloudy",
  "confirmed",
  "not_run",
  "not_planned",
];

/** The states of passes that a figure counts. */
export const COUNTED: Readonly<Record<Figure, readonly PassState[]>> = {
  expected: ["missing", "late", "awaited", "given up", "cloudy", "processed"],
  found: ["processed"],
  open: ["missing", "late", "awaited"],
  cloudy: ["cloudy"],
  confirmed: ["given up"],
  not_run: ["not run yet"],
  not_planned: ["not planned"],
};

/** The part of a season that is shown; null: all of it. */
export interface Choice {
  card: Card | null;
  /** First day of a month. */
  month: string | null;
  show: Figure | null;
  /** Why a pass is missing. */
  cause: string | null;
}

/** The choice that an address names; what it does not know is left out. */
export function choiceOf(search: string): Choice {
  const query = new URLSearchParams(search);
  const card = query.get("card");
  const month = query.get("month");
  const show = query.get("show");
  const cause = query.get("cause");
  return {
    card: CARDS.includes(card as Card) ? (card as Card) : null,
    month: month && /^\d{4}-(0[1-9]|1[0-2])-01$/.test(month) ? month : null,
    show: FIGURES.includes(show as Figure) ? (show as Figure) : null,
    cause: namesOf("cause").includes(cause ?? "") ? cause : null,
  };
}

/** The sum of months, as one row. */
export function sum(months: readonly Month[]): Record<Figure, number> {
  const total = Object.fromEntries(FIGURES.map((name) => [name, 0])) as Record<Figure, number>;
  for (const month of months) for (const name of FIGURES) total[name] += month[name];
  return total;
}

/** The squares that belong to a choice, each with those of its tiles that do. */
export function chosen(squares: readonly Square[], choice: Choice): Square[] {
  const states = choice.show && COUNTED[choice.show];
  return squares
    .filter(
      ({ card, date }) =>
        (choice.card === null || card === choice.card) &&
        (choice.month === null || date.startsWith(choice.month.slice(0, 7))),
    )
    .map((square) => only(square, ({ state }) => states === null || states.includes(state)))
    .filter(({ tiles }) => tiles.length > 0);
}

/** A square for each tile of an orbit. */
export function byTile(squares: readonly Square[]): Square[] {
  return squares.flatMap((square) => square.tiles.map((one) => only(square, (it) => it === one)));
}

function only(square: Square, belongs: (tile: TileOfPass) => boolean): Square {
  const tiles = square.tiles.filter(belongs);
  const worst = statesOf("pass").find((state) => tiles.some((tile) => tile.state === state));
  return { ...square, tiles, state: worst ?? square.state };
}

export interface Line {
  card: Card;
  /** Orbit and direction, behind the tile if there is a line for each. */
  name: string;
  squares: { at: number; square: Square }[];
}

export interface Layout {
  days: number;
  lines: Line[];
  /** Months: their first day, and where it lies. */
  months: { at: number; day: string }[];
}

const DAY_MS = 86_400_000;

/** The calendar as lines of squares; `at` counts days from the first. */
export function layout(
  season: { starts: string; ends: string },
  squares: readonly Square[],
  cards: readonly Card[],
  tiles: boolean,
): Layout {
  const start = Date.parse(season.starts);
  const days = Math.round((Date.parse(season.ends) - start) / DAY_MS) + 1;
  const lines = new Map<string, Line>();
  for (const square of tiles ? byTile(squares) : squares) {
    const orbit = `${square.rel_orbit} ${square.direction}`.trim();
    const name = tiles ? `${square.tiles[0]?.tile} ${orbit}` : orbit;
    const key = `${cards.indexOf(square.card)} ${tiles ? "" : square.direction} ${name}`;
    const line = lines.get(key) ?? { card: square.card, name, squares: [] };
    lines.set(key, line);
    line.squares.push({ at: Math.round((Date.parse(square.date) - start) / DAY_MS), square });
  }
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  const sorted = [...lines.entries()].sort(([one], [other]) => compare(one, other));
  for (const [, line] of sorted) line.squares.sort((one, other) => one.at - other.at);
  return { days, lines: sorted.map(([, line]) => line), months: monthsOf(season.starts, days) };
}

function monthsOf(first: string, days: number): { at: number; day: string }[] {
  const start = Date.parse(first);
  const all = Array.from({ length: days }, (_, at) => ({
    at,
    day: new Date(start + at * DAY_MS).toISOString().slice(0, 10),
  }));
  return all.filter(({ at, day }) => at === 0 || day.endsWith("-01"));
}

/** How many passes over tiles of each state some squares hold, the worst state first. */
export function tally(squares: readonly Square[]): Partial<Record<PassState, number>> {
  const counts: Partial<Record<PassState, number>> = {};
  for (const state of statesOf("pass")) {
    const n = squares.reduce(
      (sum, { tiles }) => sum + tiles.filter((tile) => tile.state === state).length,
      0,
    );
    if (n > 0) counts[state] = n;
  }
  return counts;
}

/** The sum of counts by group and state, in the order in which groups first come. */
export function grouped<Row extends { parcels: number }>(
  rows: readonly Row[],
  group: (row: Row) => string,
  state: (row: Row) => string,
): [string, Record<string, number>][] {
  const found = new Map<string, Record<string, number>>();
  for (const row of rows) {
    const counts = found.get(group(row)) ?? {};
    found.set(group(row), counts);
    counts[state(row)] = (counts[state(row)] ?? 0) + row.parcels;
  }
  return [...found.entries()];
}
