import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { address, queryOf, seasonPage } from "../src/address.ts";
import { parseConfig } from "../src/config.ts";
import { troubleOf } from "../src/fetch.ts";
import { exists, PAGES, places } from "../src/pages.ts";
import { step } from "../src/parts/grid.ts";
import { inOrder, turned } from "../src/parts/order.ts";
import { causesAt, columnsOf, extent, rowsOf, type Series } from "../src/parts/series.ts";

test("addresses are relative, and hold any name", () => {
  assert.equal(address([""]), "./");
  assert.equal(seasonPage("dk/20 18?", ["parcels", 7]), "./seasons/dk%2F20%2018%3F/parcels/7");
  assert.equal(
    queryOf({ card: "bs", cause: null, after: undefined, empty: "", n: 0 }),
    "?card=bs&n=0",
  );
  assert.equal(queryOf({}), "");
});

test("what the server does not tell has a value", () => {
  assert.equal(parseConfig(null).root, "./");
  const told = parseConfig('{"root": "../../", "season": "dk"}');
  assert.deepEqual([told.root, told.season, told.user], ["../../", "dk", null]);
});

test("an error of the API becomes a kind and the server's sentence", () => {
  const error = troubleOf(404, { detail: "there is no season xx" });
  assert.deepEqual([error.trouble, error.said], ["missing", "there is no season xx"]);
  assert.equal(troubleOf(401, null).trouble, "login");
  assert.equal(troubleOf(418, { detail: [{ msg: "odd" }] }).said, "");
  assert.equal(troubleOf(503, { detail: "slow" }).trouble, "busy");
});

const GRID = [
  { row: 0, column: 1 },
  { row: 0, column: 7 },
  { row: 1, column: 6 },
  { row: 3, column: 0 },
];

for (const [key, from, to] of [
  ["ArrowRight", 0, 1],
  ["ArrowRight", 1, null],
  ["ArrowLeft", 1, 0],
  ["ArrowDown", 0, 2],
  ["ArrowDown", 2, 3],
  ["ArrowUp", 3, 2],
  ["ArrowUp", 2, 1],
  ["End", 0, 1],
  ["Home", 1, 0],
  ["x", 0, null],
  ["ArrowUp", 9, null],
] as const) {
  test(`${key} leads from ${from} to ${to}`, () => assert.equal(step(key, from, GRID), to));
}

test("rows without a value come last in both directions", () => {
  const rows = [{ n: 2 }, { n: null }, { n: 10 }];
  const by = (down: boolean) =>
    inOrder(
      rows,
      ({ n }) => n,
      down,
      () => 0,
    ).map(({ n }) => n);
  assert.deepEqual(by(false), [2, 10, null]);
  assert.deepEqual(by(true), [10, 2, null]);
  assert.deepEqual(turned(null, "a"), { column: "a", down: false });
  assert.deepEqual(turned({ column: "a", down: false }, "a"), { column: "a", down: true });
  assert.deepEqual(turned({ column: "b", down: true }, "a"), { column: "a", down: false });
});

const SERIES: Series = {
  title: "VV",
  unit: "dB",
  times: [10, 20, 40],
  lines: [{ name: "mean", values: [1, null, 3], colour: "#000000" }],
  bands: [{ name: "10-90", low: [0, 0, 0], high: [9, 9, 9], colour: "#cccccc" }],
  gaps: [{ from: 25, to: 35, cause: "cloudy" }],
  events: [{ from: 38, to: 42, at: 40, label: "mowing" }],
};

test("the table of a chart has a row for each time and each gap, in order", () => {
  assert.deepEqual(rowsOf(SERIES), [
    { at: 10, values: [1, 0, 9], note: "" },
    { at: 20, values: [null, 0, 9], note: "" },
    { at: 25, values: [null, null, null], note: "cloudy" },
    { at: 40, values: [3, 0, 9], note: "mowing" },
  ]);
  assert.equal(columnsOf(SERIES).length, 3);
});

test("a time without a column's own value has no row in the table, a gap at a time has one", () => {
  const wide = { ...SERIES, times: [0, 10, 20, 40], gaps: [], events: [], bands: [] };
  const lines = [{ name: "mean", values: [undefined, 1, null, 3], colour: "#000000" }];
  assert.deepEqual(
    rowsOf({ ...wide, lines }).map(({ at }) => at),
    [10, 20, 40],
  );
});

test("an event between two times has a row of its own in the table", () => {
  const between = { ...SERIES, events: [{ from: 11, to: 19, at: 15, label: "mowing" }] };
  assert.ok(rowsOf(between).some(({ note }) => note === "mowing"));
});

test("a chart knows the causes at a moment, and its extent", () => {
  assert.deepEqual(causesAt(SERIES.gaps ?? [], 30), ["cloudy"]);
  assert.deepEqual(causesAt(SERIES.gaps ?? [], 36), []);
  assert.deepEqual(extent(SERIES), { values: 2, first: 10, last: 40 });
  assert.equal(extent({ ...SERIES, times: [], lines: [] }), null);
});

test("every page is known by its name, so that others link to it", () => {
  const files = readdirSync("src/pages").filter((name) => name.endsWith(".tsx"));
  assert.deepEqual(files.map((name) => name.replace(".tsx", "")).sort(), [...PAGES].sort());
});

test("the navigation has the pages of a season inside it only", () => {
  const names = (season: string | null) => places(season).map(({ page }) => page);
  assert.ok(!names(null).includes("season"));
  assert.deepEqual(names("dk").slice(0, 2), ["seasons", "season"]);
  assert.ok(names("dk").every(exists));
});
