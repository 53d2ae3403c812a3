import assert from "node:assert/strict";
import { test } from "node:test";
import { added, type Collected, collectedCsv, kept } from "../src/map/collected.ts";
import { cropColours, looksOf } from "../src/map/colours.ts";
import { labels } from "../src/map/labels.ts";
import { type Corners, near } from "../src/map/laid.ts";
import { PATTERNS, patternOf, pixelsOf, rgb, SIDE } from "../src/map/patterns.ts";
import {
  filterOf,
  hashOf,
  searchOf,
  stateOf,
  toggled,
  type View,
  viewOf,
} from "../src/map/state.ts";
import { byClass, imageOf, patterned, styleOf } from "../src/map/style.ts";
import { framed } from "../src/parts/own_address.ts";
import { statesOf } from "../src/states.ts";

test("a state goes through its address, whatever the names", () => {
  const state = {
    ...stateOf(""),
    colour: "marker:a&b",
    crop: "søg <b>?#",
    holding: "1 2",
    hidden: ["", "6+", "x=y"],
    cells: "share" as const,
    outliers: false,
    pid: "DK/17",
    strip: "bs A",
    at: "2018-05-03T10:30:21Z",
  };
  assert.deepEqual(stateOf(searchOf(state)), state);
  assert.equal(searchOf(stateOf("")), "");
  assert.equal(searchOf(stateOf("?cells=odd&other=1&crop=")), "");
});

test("a view goes through its hash; what is not one is left out", () => {
  const view: View = { zoom: 11.5, latitude: 56.12345, longitude: -9.2 };
  assert.deepEqual(viewOf(hashOf(view)), view);
  for (const hash of [
    "",
    "#",
    "#1/2",
    "#1/2/3/4",
    "#a/1/2",
    "#//",
    "#5/91/0",
    "#99/1/1",
    "#in-view",
  ]) {
    assert.equal(viewOf(hash), null, hash);
  }
});

test("a filter names the classes that are shown, if some are hidden", () => {
  const names = ["", "wheat", "maize"];
  const state = { ...stateOf("?crop=wheat"), hidden: ["wheat", "gone"] };
  assert.equal(
    filterOf(state, "crop", names).toString(),
    "colour=crop&crop=wheat&only=&only=maize",
  );
  assert.equal(filterOf(state, "crop", null).toString(), "colour=crop&crop=wheat");
  assert.equal(filterOf(stateOf(""), "gaps", ["a"]).toString(), "colour=gaps");
  assert.deepEqual(toggled(toggled([], "a"), "a"), []);
});

test("the page around a frame gets an address only if it shows this page", () => {
  assert.equal(framed("/plugin/x/cbm/map", "/cbm/map", "?a#b"), "/plugin/x/cbm/map?a#b");
  assert.equal(framed("/plugin/x", "/cbm/map", "?a"), null);
  assert.equal(framed("/cbm/map", "/cbm/map", "?a"), null);
});

test("a crop looks alike in every season, and no two crops of one are alike", () => {
  const names = Array.from({ length: 60 }, (_, at) => `crop ${at}`);
  const colours = cropColours(["", ...names]);
  assert.equal(new Set(colours).size, 61);
  assert.ok(colours.every((one) => /^#[0-9a-f]{6}$/.test(one)));
  const alone = cropColours(["winter wheat"]);
  assert.deepEqual(cropColours(["winter wheat", "maize"])[0], alone[0]);
  assert.equal(cropColours(Array.from({ length: 100 }, (_, at) => `c${at}`)).length, 100);
});

test("every class of every colouring has a look and its states a pattern of their own", () => {
  for (const kind of ["verdict", "scheme", "marker", "gaps", "observations"] as const) {
    const names = statesOf(`map_${kind}`);
    const looks = looksOf(kind, names);
    assert.equal(new Set(looks.map(({ colour }) => colour)).size, names.length);
    const drawn = looks.map(({ sign }) => patternOf(sign)).filter(Boolean);
    assert.ok(drawn.length > 0, kind);
    assert.equal(new Set(drawn).size, drawn.length, kind);
  }
  assert.equal(looksOf("verdict", ["new"])[0]?.colour, "#ffffff");
});

test("patterns differ, and are neither empty nor full", () => {
  const seen = PATTERNS.map((one) => {
    const { data } = pixelsOf(one, rgb("#102030"));
    const drawn = data.filter((_, at) => at % 4 === 3 && data[at] === 255).length;
    assert.ok(drawn > 5 && drawn < (SIDE * SIDE) / 1.8, `${one}: ${drawn}`);
    return data.join();
  });
  assert.equal(new Set(seen).size, PATTERNS.length);
  assert.deepEqual(rgb("#102030"), [16, 32, 48]);
});

test("layers have the colours and patterns of the classes", () => {
  const looks = looksOf("verdict", ["none", "outlier", "inconclusive"]);
  assert.deepEqual((byClass(looks) as unknown[]).slice(2, 4), [0, "#c3c8c5"]);
  const { filter, image } = patterned(looks);
  assert.deepEqual(filter, ["in", ["get", "class"], ["literal", [1, 2]]]);
  assert.deepEqual((image as unknown[]).slice(2, 4), [1, looks[1] && imageOf(looks[1])]);
  assert.equal(patterned(looksOf("crop", ["wheat"])).image, null);
  assert.equal(byClass([]), "#ffffff");
  // Nothing is asked for before its address is known.
  const { layers } = styleOf(11, 14);
  assert.ok(layers.every((one) => one.type === "background" || one.layout?.visibility === "none"));
});

test("names stand in their parcels, and not over each other", () => {
  const square = (text: string, x: number, y: number, side: number) => ({
    text,
    geometry: {
      type: "Polygon",
      coordinates: [
        [
          [x, y],
          [x + side, y],
          [x + side, y + side],
        ],
      ],
    },
  });
  const project = (x: number, y: number) => ({ x, y });
  const size = { width: 500, height: 500 };
  const shapes = [
    square("p1", 0, 0, 100),
    square("p2", 10, 0, 100),
    square("narrow parcel", 200, 200, 40),
    square("half out", 450, 300, 400),
    // Two tiles hold a part each.
    square("p3", 100, 400, 30),
    square("p3", 130, 400, 30),
  ];
  assert.deepEqual(labels(shapes, project, size), [
    { text: "p1", x: 50, y: 50 },
    { text: "p3", x: 130, y: 415 },
  ]);
  assert.deepEqual(labels([], project, size), []);
});

const chosen = (pid: string, more: Partial<Collected> = {}): Collected => ({
  pid,
  crop: null,
  area_ha: null,
  longitude: 9.8,
  latitude: 55.8,
  colour: null,
  class: null,
  ...more,
});

test("a parcel is collected once, with the newest class that is known", () => {
  const first = added([], [chosen("a", { colour: "verdict", class: "outlier" }), chosen("b")]);
  const again = added(first, [chosen("a"), chosen("b", { colour: "crop", class: "maize" })]);
  assert.deepEqual(
    again.map(({ pid, class: name }) => [pid, name]),
    [
      ["a", "outlier"],
      ["b", "maize"],
    ],
  );
});

test("what was kept is ours, or nothing", () => {
  const rows = [chosen("a", { area_ha: 2.5 })];
  assert.deepEqual(kept(JSON.stringify(rows)), rows);
  const strange = [null, 1, {}, { ...rows[0], pid: 7 }, { ...rows[0], longitude: "x" }];
  assert.deepEqual(kept(JSON.stringify([...strange, rows[0]])), rows);
  for (const text of [null, "", "{", "{}", '"a"']) assert.deepEqual(kept(text), []);
});

test("a file of parcels holds any name, and calculates nothing", () => {
  const rows = [
    chosen('=1+1,"x"', { crop: "-12", area_ha: -0.5 }),
    chosen("a\nb", { crop: "@x", class: "" }),
  ];
  assert.deepEqual(collectedCsv(rows).split("\r\n"), [
    "pid,crop,area_ha,longitude,latitude,colour,class",
    '"\'=1+1,""x""",-12,-0.5,9.8,55.8,,',
    '"a\nb",\'@x,,9.8,55.8,,',
    "",
  ]);
});

test("an image lies beside its parcel, also at 180 degrees", () => {
  const corners: Corners = [
    [179.9, 1],
    [-179.9, 1],
    [-179.9, 0],
    [179.9, 0],
  ];
  const rounded = (longitude: number) =>
    near(corners, longitude).map(([x]) => Math.round(x * 10) / 10);
  assert.deepEqual(rounded(180.05), [179.9, 180.1, 180.1, 179.9]);
  assert.deepEqual(rounded(-179.95), [-180.1, -179.9, -179.9, -180.1]);
  const plain = corners.map(([x, y]) => [x / 20, y]) as Corners;
  assert.deepEqual(near(plain, 9), plain);
});
