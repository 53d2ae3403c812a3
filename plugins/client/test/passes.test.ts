import assert from "node:assert/strict";
import { test } from "node:test";
import type { Month, Rows, SeasonSummary, Square } from "../src/api.ts";
import {
  byTile,
  COUNTED,
  choiceOf,
  chosen,
  FIGURES,
  grouped,
  layout,
  sum,
  tally,
} from "../src/passes.ts";
import { CARDS } from "../src/vocabulary.ts";
import summary from "./fixtures/season.json" with { type: "json" };
import calendar from "./fixtures/season-calendar.json" with { type: "json" };

// The compiler holds the examples against the types of the API.
const { rows } = calendar as Rows<Square>;
const season = summary as SeasonSummary;
const ALL = { card: null, month: null, show: null, cause: null };

function month(more: Partial<Month>): Month {
  const none = {
    expected: 0,
    found: 0,
    open: 0,
    cloudy: 0,
    confirmed: 0,
    not_run: 0,
    not_planned: 0,
  };
  return { card: "bs", month: "2018-05-01", ...none, ...more };
}

test("a choice is read from the address, and what is not known is left out", () => {
  assert.deepEqual(choiceOf("?card=s2&month=2018-05-01&show=open&cause=cloudy"), {
    card: "s2",
    month: "2018-05-01",
    show: "open",
    cause: "cloudy",
  });
  assert.deepEqual(choiceOf("?card=s3&month=2018-13-01&show=toString&cause=<b>"), ALL);
  assert.deepEqual(choiceOf("?month=2018-05-01%27--"), ALL);
  assert.deepEqual(choiceOf(""), ALL);
});

test("months add up", () => {
  const total = sum([month({ expected: 3, found: 2 }), month({ expected: 4, open: 1 })]);
  assert.deepEqual([total.expected, total.found, total.open], [7, 2, 1]);
  assert.equal(sum([]).expected, 0);
});

test("a number leads to as many passes as it says", () => {
  for (const one of season.months) {
    for (const show of FIGURES) {
      const found = chosen(rows, { ...ALL, card: one.card, month: one.month, show });
      const n = found.reduce((total, { tiles }) => total + tiles.length, 0);
      assert.equal(n, one[show], `${one.card} ${one.month} ${show}`);
    }
  }
});

test("every state is counted by a number, and by one besides the expected", () => {
  const counted = FIGURES.filter((name) => name !== "expected").flatMap((name) => COUNTED[name]);
  assert.deepEqual([...counted].sort(), [...new Set(counted)].sort());
  assert.equal(counted.length, 8);
});

test("a square of which a part is chosen has the worst state of that part", () => {
  const mixed = rows.find(
    ({ state, tiles }) => state === "missing" && tiles.some((one) => one.state === "processed"),
  );
  assert.ok(mixed);
  const [square] = chosen([mixed], { ...ALL, show: "found" });
  assert.equal(square?.state, "processed");
});

test("the calendar has a line for each orbit, in order of card, and days count from the first", () => {
  const drawn = layout({ starts: "2018-03-01", ends: "2018-09-30" }, rows, CARDS, false);
  assert.equal(drawn.days, 214);
  assert.deepEqual(
    drawn.lines.map(({ card, name }) => `${card} ${name}`),
    ["bs 44 A", "bs 117 A", "bs 66 D", "bs 139 D", "c6 44 A", "c6 66 D", "s2 8", "s2 51", "s2 108"],
  );
  assert.equal(drawn.lines[0]?.squares[0]?.at, 1);
  assert.deepEqual(drawn.months[1], { at: 31, day: "2018-04-01" });
  assert.equal(drawn.months.length, 7);
});

test("with a line for each tile nothing is lost", () => {
  const drawn = layout({ starts: "2018-03-01", ends: "2018-09-30" }, rows, CARDS, true);
  const squares = drawn.lines.flatMap((line) => line.squares);
  assert.equal(squares.length, byTile(rows).length);
  assert.equal(drawn.lines[0]?.name, "32UNG 44 A");
});

test("nothing to draw is no error", () => {
  const drawn = layout({ starts: "2018-03-01", ends: "2018-03-01" }, [], CARDS, false);
  assert.deepEqual([drawn.days, drawn.lines.length], [1, 0]);
  assert.deepEqual(tally([]), {});
});

test("answers are counted by group and state, whatever a group is called", () => {
  const found = grouped(
    [
      { scheme: "__proto__", colour: "red", parcels: 2 },
      { scheme: "__proto__", colour: "red", parcels: 3 },
      { scheme: "b", colour: "green", parcels: 1 },
    ],
    (row) => row.scheme,
    (row) => row.colour,
  );
  assert.deepEqual(found, [
    ["__proto__", { red: 5 }],
    ["b", { green: 1 }],
  ]);
});
