import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { FIGURES } from "../src/passes.ts";
import { statesOf } from "../src/states.ts";
import { CATALOGUES, choose, fill } from "../src/texts/catalogue.ts";

const en = CATALOGUES.en as Record<string, string>;

const SOURCES = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => readFileSync(`src/${name}`, "utf8"))
  .join("\n");

// Keys as they stand, and beginnings and ends of those that are put together: `season.${name}`.
const literals = new Set([...SOURCES.matchAll(/"([\w*. ]+)"/g)].map((found) => found[1] ?? ""));
const patterns = [...SOURCES.matchAll(/`([\w.]+\.)\$\{[^}]+\}([\w.]*)`/g)].map((found) => ({
  start: found[1] ?? "",
  end: found[2] ?? "",
}));
// Not every text of a season is a number of its months.
const figures = FIGURES.map((name) => `season.${name}`);
const families = [...SOURCES.matchAll(/word\("(\w+)"/g)].map((found) => `${found[1]}.`);

function isUsed(key: string): boolean {
  const stem = key.replace(/\.(one|other)$/, "");
  return (
    literals.has(key) ||
    (stem !== key && literals.has(stem)) ||
    figures.includes(key) ||
    patterns.some(
      ({ start, end }) => start !== "season." && key.startsWith(start) && key.endsWith(end),
    ) ||
    // Words of the data, explained by `word(family, name)`.
    families.some((family) => key.startsWith(family)) ||
    ["pass.", "verdict.", "scheme.", "marker."].some((family) => key.startsWith(family))
  );
}

for (const [language, catalogue] of Object.entries(CATALOGUES)) {
  test(`${language} has the same texts as en, each with the same values`, () => {
    const values = (text = ""): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    assert.deepEqual(Object.keys(catalogue), Object.keys(en));
    for (const [key, text] of Object.entries(catalogue)) {
      assert.deepEqual(values(text), values(en[key]), key);
      assert.ok(text.trim(), key);
    }
  });
}

// The same in both languages: values only, units, and words that both have.
const SAME = [
  "calendar.cell",
  "run.start",
  "map.image.of",
  "map_sensor.s1",
  "map_sensor.s2",
  "parcel.area",
  "parcel.season",
  "parcel.unit.temperature",
  "parcel.unit.precipitation",
  "parcel.sensor",
  "scl.4",
  "decide.note",
  "decide.by",
];

test("no text was left in English", () => {
  const same = Object.entries(CATALOGUES.da ?? {}).filter(([key, text]) => text === en[key]);
  assert.deepEqual(same.map(([key]) => key).sort(), [...SAME].sort());
  // Words that Danish does not have; names of commands and settings stay as they are.
  const english =
    /(?<!\p{L})(the|of|with|are|was|were|this|that|which|because|not|from|parcels?|season|gaps?|looks?|you|your|its|been|has|have)(?!\p{L})/iu;
  const names = /\{\w+\}|cbm( \w+)+|\w+\.\w+/g;
  for (const [key, text] of Object.entries(CATALOGUES.da ?? {})) {
    assert.doesNotMatch(text.replace(names, ""), english, key);
  }
});

test("every text is used", () => {
  assert.deepEqual(
    Object.keys(en).filter((key) => !isUsed(key)),
    [],
  );
});

test("a text that nobody uses is found", () => {
  assert.equal(isUsed("season.nobody"), false);
  assert.equal(isUsed("nobody.uses.this"), false);
});

test("every text that is asked for exists", () => {
  // The compiler knows this of keys that stand there; this sees those that are put together.
  const asked = [...SOURCES.matchAll(/\bt\("([^"]+)"/g)].map((found) => found[1] ?? "");
  assert.ok(asked.length > 50);
  assert.deepEqual(
    asked.filter((key) => !Object.hasOwn(en, key)),
    [],
  );
});

test("every state has a word and a meaning", () => {
  for (const family of ["pass", "verdict", "scheme", "marker"] as const) {
    for (const state of statesOf(family)) {
      assert.ok(en[`${family}.${state}`], state);
      assert.ok(en[`${family}.${state}.means`], state);
    }
  }
});

test("no text of a page stands in its source", () => {
  // Between tags: a word of letters that is not in braces.
  const bare = [...SOURCES.matchAll(/>\s*([A-Za-z][A-Za-z ]{3,})\s*<\//g)].map((found) => found[1]);
  assert.deepEqual(bare, []);
});

test("values are put in as they are", () => {
  assert.equal(fill("{a} of {b}", { a: "<b>", b: "{a}" }), "<b> of {a}");
  assert.equal(fill("{a}", {}), "{a}");
});

test("the language is the reader's choice, else the browser's first that there is", () => {
  assert.equal(choose("da", ["en"], null), "da");
  assert.equal(choose(null, ["de-DE", "da-DK", "en"], null), "da");
  assert.equal(choose(null, ["de"], "da"), "da");
  assert.equal(choose("toString", ["constructor"], "xx"), "en");
});
