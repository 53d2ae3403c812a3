import assert from "node:assert/strict";
import { test } from "node:test";
import { stateOf } from "../src/apikeys.ts";
import { draw } from "../src/footprint.ts";
import {
  direction,
  exportApi,
  inGroup,
  itemId,
  itemPage,
  listOf,
  rowsApi,
  turnedBy,
  workPage,
} from "../src/list.ts";

const ALL = listOf("");
const queryOf = (address: string): URLSearchParams =>
  new URLSearchParams(address.slice(address.indexOf("?")));

test("a list is read from its address, and what is not known is left out", () => {
  const search = "?kind=red&kind=purple&kind=outlier&crop=maize&decided=maybe&sort=luck&by=crop";
  const list = listOf(search);
  assert.deepEqual(list.kind, ["outlier", "red"]);
  assert.deepEqual([list.crop, list.decided, list.sort], ["maize", null, "list"]);
  assert.equal(workPage("dk", ALL), "./seasons/dk/work");
});

test("an address says the whole list again", () => {
  const list = listOf(
    "?kind=red&crop=a%26b&assigned=&decided=false&sort=area&backwards=true&after=k",
  );
  assert.equal(list.assigned, "");
  assert.deepEqual(listOf(workPage("dk", list).slice("./seasons/dk/work".length)), list);
});

test("a parcel's page knows its item, and the list that it was opened from", () => {
  const list = listOf("?kind=red&scheme=mowing&after=k");
  const page = itemPage("dk", { kind: "red", scheme: "mowing & more", pid: "1/2 ø" }, list);
  assert.ok(page.startsWith("./seasons/dk/parcels/1%2F2%20%C3%B8?"));
  const query = queryOf(page);
  assert.equal(query.get("kind_of_item"), "red");
  assert.equal(query.get("scheme_of_item"), "mowing & more");
  assert.deepEqual(listOf(query.toString()), list);
});

test("items of a parcel for several reasons are told apart", () => {
  const ids = [
    itemId({ kind: "red", scheme: "a", pid: "b" }),
    itemId({ kind: "red", scheme: "a:b", pid: "" }),
    itemId({ kind: "red", scheme: null, pid: "a b" }),
    itemId({ kind: "yellow", scheme: "a", pid: "b" }),
  ];
  assert.equal(new Set(ids).size, 4);
  assert.ok(ids.every((id) => !/\s/.test(id)));
});

test("the next page is asked for by its key, a file by the filter only", () => {
  const list = listOf("?crop=maize&after=old");
  assert.equal(queryOf(rowsApi("dk", list, "new", 100)).get("after"), "new");
  const file = queryOf(exportApi("dk", list, "gpkg"));
  assert.deepEqual(
    [...file],
    [
      ["crop", "maize"],
      ["format", "gpkg"],
    ],
  );
});

test("a group without a name leads to items without it", () => {
  const list = inGroup(listOf("?after=k"), "assignee", null);
  assert.deepEqual([list.assigned, list.after], ["", null]);
  assert.equal(queryOf(workPage("dk", list)).get("assigned"), "");
  assert.equal(inGroup(ALL, "holding", "H7").holding, "H7");
});

test("a column is turned in its own direction first", () => {
  const first = turnedBy(listOf("?after=k"), "wrong");
  assert.deepEqual([first.sort, first.backwards, first.after], ["wrong", false, null]);
  assert.equal(direction(first, "wrong"), "descending");
  assert.equal(direction(turnedBy(first, "wrong"), "wrong"), "ascending");
  assert.equal(direction(turnedBy(first, "crop"), "crop"), "ascending");
  assert.equal(direction(first, "crop"), null);
});

const square = (x: number, y: number, side: number) => ({
  type: "Polygon" as const,
  coordinates: [
    [
      [x, y],
      [x + side, y],
      [x + side, y + side],
      [x, y + side],
      [x, y],
    ],
  ],
});

test("footprints are drawn in one box, north up, at the scale of their latitude", () => {
  const drawn = draw([square(8, 60, 1), null, square(9, 61, 1)]);
  assert.deepEqual(drawn?.bounds, [8, 60, 10, 62]);
  // At 61 degrees a degree to the east is about half as long as one to the north.
  assert.deepEqual(
    [drawn?.height, drawn?.width],
    [300, Math.ceil(288 * Math.cos((61 * Math.PI) / 180) + 12)],
  );
  assert.equal(drawn?.paths[0]?.split("L")[0], "M6.0 294.0");
  assert.equal(drawn?.paths[1], null);
});

test("a footprint of several parts, of a point, of nothing", () => {
  const parts = [square(8, 60, 1).coordinates, square(10, 60, 1).coordinates];
  const drawn = draw([{ type: "MultiPolygon", coordinates: parts }]);
  assert.equal(drawn?.paths[0]?.split("M").length, 3);
  assert.equal(draw([null]), null);
  assert.equal(draw([square(8, 60, 0)])?.paths[0]?.includes("NaN"), false);
});

test("a key is in force until it expires or is revoked", () => {
  const at = Date.UTC(2018, 4, 1);
  const key = { expires_at: "2018-05-01T00:00:00Z", revoked_at: null };
  assert.equal(stateOf(key, at - 1), "in_force");
  assert.equal(stateOf(key, at), "expired");
  assert.equal(stateOf({ ...key, revoked_at: "2018-04-01T00:00:00Z" }, at - 1), "revoked");
});
