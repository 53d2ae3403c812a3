import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Around, Look, SeriesOf, Span } from "../src/pages/parcel/answers.ts";
import {
  type Behind,
  chartOf,
  inPageOrder,
  keyOf,
  type Layer,
  lanesOf,
  middleOf,
  secondsOf,
  shownFirst,
  type Words,
  weatherChart,
} from "../src/pages/parcel/charting.ts";
import { chosenClear, classesOf, shareOf } from "../src/pages/parcel/clouds.ts";
import {
  BLANK,
  bodyOf,
  canWithdraw,
  newestSeen,
  remembered,
  requestKey,
  saidOrNot,
  says,
} from "../src/pages/parcel/decisions.ts";
import { binsOf, middleOf as middleNdvi } from "../src/pages/parcel/histogram.ts";
import {
  firstPair,
  inBands,
  monthsOf,
  placeOf,
  stripsOf,
  whyDecisive,
} from "../src/pages/parcel/images.ts";
import { broken } from "../src/pages/parcel/joining.ts";
import { leftOutOf, turned, withLeftOut } from "../src/pages/parcel/left_out.ts";
import { aroundQuery, isSampled, itemQuery, listOf, placeQuery } from "../src/pages/parcel/walk.ts";
import { rowsOf } from "../src/parts/series.ts";

const answer = (name: string) => JSON.parse(readFileSync(`test/fixtures/${name}.json`, "utf8"));
const SERIES: SeriesOf[] = answer("parcel-series").series;
const LOOKS: Look[] = answer("parcel-chips").rows;
const PARCEL = { starts: "2018-05-01", ends: "2018-05-31" };

const ONE: SeriesOf = {
  card: "bs",
  band: "VH",
  direction: "A",
  unit: "gamma0, linear",
  observations: {
    time: ["2018-05-03T17:00:00Z", "2018-05-09T17:00:00Z", "2018-05-15T17:00:00Z"],
    obsid: [1, null, 3],
    rel_orbit: [44, 44, 44],
    satellite: ["S1A", "S1B", "S1A"],
    pixels: [50, null, 50],
    mean: [0.1, null, 1],
    p25: [0.05, null, 0.5],
    p75: [0.2, null, 2],
    mean_db: [-10, null, 0],
    p25_db: [-13, null, -3],
    p75_db: [-7, null, 3],
    clear_share: [null, null, null],
    cause: [null, "not_published", null],
  },
  windows: {
    window_start: ["2018-05-01", "2018-05-06", "2018-05-11"],
    mean: [0.1, null, 1],
    mean_db: [-10, null, 0],
    n: [1, 0, 1],
  },
};
const GAP: Span = {
  card: "bs",
  direction: "A",
  from: "2018-05-03T17:00:00Z",
  to: "2018-05-15T17:00:00Z",
  days: 12,
  cause: "not_published",
  causes: { not_published: 1 },
  passes: [{ time: "2018-05-09T17:00:00Z", cause: "not_published", obsid: null, product: null }],
  products: [],
};
const NOTHING: Behind = { parcel: PARCEL, gaps: [], curves: [], peers: [], markers: [], blame: [] };
const WORDS: Words = {
  title: "VH",
  unit: "dB",
  gap: (gap) => gap.cause,
  name: (layer, curve) => (curve ? `${layer} ${curve.crop}` : layer),
  event: (kind) => kind,
  decisive: "decisive",
};
const layers = (...names: Layer[]): ReadonlySet<Layer> => new Set(names);

test("backscatter is drawn in dB, broken where a pass is missing", () => {
  const chart = chartOf(ONE, NOTHING, layers(), WORDS);
  const at = (iso: string) => chart.times.indexOf(secondsOf(iso));
  const values = chart.lines[0]?.values ?? [];
  assert.equal(values[at("2018-05-03T17:00:00Z")], -10);
  assert.equal(values[at("2018-05-09T17:00:00Z")], null);
  assert.equal(values[at("2018-05-15T17:00:00Z")], 0);
  // The whole season, so that charts lie below each other.
  assert.deepEqual(
    [chart.times[0], chart.times.at(-1)],
    [secondsOf("2018-05-01"), secondsOf("2018-06-01")],
  );
});

test("a line goes on over the times of other lines", () => {
  const chart = chartOf(ONE, NOTHING, layers("means", "inner"), WORDS);
  const [seen, means] = chart.lines;
  const middle = chart.times.indexOf(middleOf("2018-05-01"));
  assert.equal(middleOf("2018-05-01"), secondsOf("2018-05-03") + 43_200);
  assert.equal(means?.values[middle], -10);
  assert.equal(seen?.values[middle], undefined);
  assert.deepEqual(
    chart.bands?.map(({ name, low }) => [name, low.filter((v) => v != null)]),
    [["inner", [-13, -3]]],
  );
});

test("a look that the reader leaves out breaks the line, and its row says so", () => {
  const behind = { ...NOTHING, leftOut: new Set([3, 99]) };
  const chart = chartOf(ONE, behind, layers("means", "inner"), WORDS);
  const at = chart.times.indexOf(secondsOf("2018-05-15T17:00:00Z"));
  const line = (name: string) => chart.lines.find((one) => one.name === name)?.values ?? [];
  assert.equal(line("seen")[at], null);
  assert.equal(line("left_out")[at], 0);
  assert.equal(chart.bands?.[0]?.low[at], null);
  // The mean of its five days holds it; the other one is still there.
  assert.deepEqual(
    line("means").filter((value) => value != null),
    [-10],
  );
  const noted = rowsOf(chart).filter(({ note }) => note === "left_out");
  assert.deepEqual(
    noted.map(({ at: time }) => time),
    [secondsOf("2018-05-15T17:00:00Z")],
  );
});

test("what is left out is in the address, beside all else", () => {
  const search = "?kind_of_item=outlier&left_out=12&left_out=-1&left_out=x&left_out=99999999999";
  assert.deepEqual([...leftOutOf(search)], [12]);
  const more = turned(leftOutOf(search), 3);
  assert.equal(withLeftOut(search, more), "?kind_of_item=outlier&left_out=3&left_out=12");
  assert.equal(withLeftOut("?left_out=3", turned(new Set([3]), 3)), "");
});

test("a date keeps its place when others are left out", () => {
  const some = LOOKS.filter(({ card }) => card === "s2").slice(0, 4);
  const at = (index: number) => some[index]?.at ?? "";
  assert.equal(placeOf(some, at(2)), 2);
  const rest = some.filter((_, index) => index !== 1);
  assert.deepEqual([placeOf(rest, at(1)), placeOf(rest, at(2))], [1, 1]);
  assert.deepEqual([placeOf(rest, "2999"), placeOf([], at(0))], [2, 0]);
});

test("the second colours are those of looks that have them", () => {
  const [one, other] = LOOKS.filter(({ card }) => card === "s2");
  assert.ok(one && other);
  const rows = [{ ...one, bands: "false_colour" }, other];
  assert.deepEqual([...inBands(rows, "false_colour").keys()], [one.obsid]);
  assert.equal(inBands(rows, null).size, 0);
});

test("a gap reaches from the value before it to the value after it", () => {
  const [o, n] = [undefined, null];
  assert.deepEqual(broken([o, 1, o, n, o, n, o, 2, o]), [o, 1, n, n, n, n, n, 2, o]);
  assert.deepEqual(broken([1, o, 2]), [1, o, 2]);
  assert.deepEqual(broken([]), []);
});

test("a gap is drawn with its cause, and only in the charts of its card and direction", () => {
  const chart = chartOf(ONE, { ...NOTHING, gaps: [GAP] }, layers(), WORDS);
  assert.deepEqual(chart.gaps, [
    { from: secondsOf(GAP.from), to: secondsOf(GAP.to), cause: "not_published" },
  ]);
  const descending = { ...GAP, direction: "D" };
  assert.deepEqual(chartOf(ONE, { ...NOTHING, gaps: [descending] }, layers(), WORDS).gaps, []);
});

test("a look that clouds hide is a dot of its own, and breaks the line", () => {
  const hidden = { ...GAP, passes: [{ ...GAP.passes[0], obsid: 3 }] } as Span;
  const chart = chartOf(ONE, { ...NOTHING, gaps: [hidden] }, layers(), WORDS);
  assert.deepEqual(
    chart.lines.map(({ name, values }) => [name, values.filter((v) => v != null)]),
    [
      ["seen", [-10]],
      ["hidden", [0]],
    ],
  );
});

test("typical curves and peers lie behind, each in its own colour; one crop is drawn once", () => {
  const curve = {
    crop: "wheat",
    roles: ["declared", "predicted"],
    card: "bs" as const,
    band: "VH",
    direction: "A",
    parcels: 9,
    window_start: ["2018-05-01"],
    p10: [-12],
    p50: [-11],
    p90: [-10],
  };
  const behind = { ...NOTHING, curves: [curve] };
  const shown = layers("declared", "predicted");
  const names = (some: Behind) => chartOf(ONE, some, shown, WORDS).bands?.map(({ name }) => name);
  assert.deepEqual(names(behind), ["declared wheat"]);
  const other = { ...curve, crop: "maize", roles: ["predicted"] };
  const two = { ...NOTHING, curves: [{ ...curve, roles: ["declared"] }, other] };
  assert.deepEqual(names(two), ["declared wheat", "predicted maize"]);
  assert.deepEqual(names({ ...NOTHING, curves: [{ ...curve, band: "VV" }] }), []);
  const peer = {
    card: "bs",
    band: "VH",
    direction: "A",
    window_start: "2018-05-01",
    n: 4,
  } as const;
  const db = { p10_db: -12, p50_db: -11, p90_db: -9, p10: 1, p50: 1, p90: 1 };
  const near = { ...NOTHING, peers: [{ ...peer, ...db }] };
  const [band] = chartOf(ONE, near, layers("peers"), WORDS).bands ?? [];
  assert.deepEqual(
    [band?.low, band?.high].map((some) => some?.filter((v) => v != null)),
    [[-12], [-9]],
  );
});

test("events have their interval, and blocks that speak against the crop stand in their chart", () => {
  const event = {
    kind: "mowing",
    start_date: "2018-05-04",
    end_date: "2018-05-10",
    best_date: null,
    confidence: null,
    before: null,
    after: null,
    evidence: [],
  };
  const markers = [{ events: [event] }] as unknown as Behind["markers"];
  const blame = { card: "bs", from: "2018-05-05", to: "2018-05-29", blame: 1 } as const;
  const behind = {
    ...NOTHING,
    markers,
    blame: [
      { ...blame, band: "VH" },
      { ...blame, band: "VV" },
    ],
  };
  const { events } = chartOf(ONE, behind, layers("events"), WORDS);
  assert.deepEqual(
    events?.map(({ label }) => label),
    ["mowing", "decisive"],
  );
  assert.equal(events?.[0]?.at, secondsOf("2018-05-07"));
  assert.deepEqual(chartOf(ONE, behind, layers(), WORDS).events, []);
});

test("a series without any value has no times, and two looks of one moment are both kept", () => {
  const time = [...ONE.observations.time];
  time[1] = time[0] ?? "";
  const twice = { ...ONE.observations, time, mean_db: [-10, -9, 0], obsid: [1, 2, 3] };
  const chart = chartOf({ ...ONE, observations: twice }, NOTHING, layers(), WORDS);
  assert.equal(chart.lines[0]?.values.filter((v) => v != null).length, 3);
  const none = { ...ONE.observations, mean_db: [null, null, null] };
  assert.deepEqual(chartOf({ ...ONE, observations: none }, NOTHING, layers(), WORDS).times, []);
});

test("radar and the first indices are shown in order, whatever came first", () => {
  const ordered = inPageOrder([...SERIES].reverse()).map(keyOf);
  assert.deepEqual(ordered, [
    "bs VV A",
    "bs VH A",
    "bs VV D",
    "bs VH D",
    "c6 VV A",
    "s2 NDVI *",
    "s2 NDMI *",
    "s2 B04 *",
  ]);
  assert.equal(shownFirst(SERIES).has("s2 B04 *"), false);
  assert.equal(shownFirst(SERIES.filter(({ band }) => band === "B04")).has("s2 B04 *"), true);
});

test("radar of both directions is shown if nothing else is, and lacks evidence where both do", () => {
  const both = { ...ONE, direction: "*" };
  const other = { ...ONE, direction: "D" };
  assert.deepEqual([...shownFirst([ONE, both])], ["bs VH A"]);
  assert.deepEqual([...shownFirst([both])], ["bs VH *"]);
  const lanes = lanesOf([ONE, both, other]);
  assert.deepEqual(lanes, { bs: ["A", "D"] });
  const gapsOf = (gaps: Span[], sides: typeof lanes) =>
    chartOf(both, { ...NOTHING, gaps, lanes: sides }, layers(), WORDS).gaps?.map(
      ({ from }) => from,
    );
  const later = {
    ...GAP,
    direction: "D",
    from: "2018-05-09T05:00:00Z",
    to: "2018-05-21T05:00:00Z",
  };
  assert.deepEqual(gapsOf([GAP], lanes), []);
  assert.deepEqual(gapsOf([GAP, later], lanes), [secondsOf(later.from)]);
  assert.deepEqual(gapsOf([GAP], { bs: ["A"] }), [secondsOf(GAP.from)]);
});

test("weather keeps days without a value as gaps", () => {
  const day = { tmin: 1, tmax: 9, precipitation: 0 };
  const days = [
    { day: "2018-05-01", tmean: 4, ...day },
    { day: "2018-05-02", tmean: null, ...day },
  ];
  const words = { title: "T", unit: "C", mean: "mean", range: "range" };
  const chart = weatherChart(days, "temperature", PARCEL, words);
  assert.deepEqual(chart.lines[0]?.values.slice(1, 3), [4, null]);
  assert.equal(chart.bands?.length, 1);
  assert.equal(weatherChart([], "precipitation", PARCEL, words).times.length, 0);
});

test("images of one sensor and side stand together, in order of time", () => {
  const strips = stripsOf([...LOOKS].reverse());
  assert.deepEqual(
    strips.map(({ key }) => key),
    ["s2", "bs A", "bs D"],
  );
  const days = strips[0]?.looks.map(({ day }) => day) ?? [];
  assert.deepEqual(days, [...days].sort());
  const months = monthsOf(strips[0]?.looks ?? []);
  assert.deepEqual([months[0]?.month, months.at(-1)?.month], ["2018-03", "2018-09"]);
});

test("decisive are dates that the server names, scenes of events, and clear ones in a guilty block", () => {
  const words = {
    event: (kind: string, beside: string) => `${beside} ${kind}`,
    blame: (band: string) => band,
  };
  const look = { ...LOOKS[0], card: "s2", day: "2018-05-03", product: "P", clear_share: 1 } as Look;
  const block = {
    card: "s2",
    band: "NDVI",
    from: "2018-05-01",
    to: "2018-05-03",
    blame: 1,
  } as const;
  const event = { kind: "mowing", before: "P", after: null, evidence: ["P"] };
  const markers = [{ events: [event] }] as unknown as Behind["markers"];
  assert.deepEqual(whyDecisive({ ...look, decides: null }, markers, [block], words), [
    { text: "before mowing" },
    { text: "NDVI" },
  ]);
  const clouded = { ...look, decides: null, clear_share: 0.1 };
  assert.deepEqual(whyDecisive(clouded, [], [block], words), []);
  assert.deepEqual(whyDecisive({ ...look, decides: "x" }, [], [], words), [
    { text: "x", english: true },
  ]);
});

test("side by side are the first and last decisive dates that can be seen, else both ends", () => {
  const look = (clear_share: number | null, why_not: string | null = null) =>
    ({ clear_share, why_not }) as Look;
  const looks = [look(1), look(0.1), look(1, "deleted"), look(0.9), look(1)];
  assert.deepEqual(
    firstPair(looks, () => false),
    [0, 4],
  );
  assert.deepEqual(
    firstPair(looks, (one) => one === looks[3] || one === looks[4]),
    [3, 4],
  );
  assert.deepEqual(
    firstPair([look(null, "gone")], () => true),
    [0, 0],
  );
  assert.deepEqual(
    firstPair([], () => true),
    [0, 0],
  );
});

test("the way through the list is kept from parcel to parcel", () => {
  const search =
    "?kind=outlier&kind=red&assigned=&sort=wrong&after=x&kind_of_item=red&scheme_of_item=ES&odd=1";
  assert.equal(
    String(aroundQuery(search, "1/204")),
    "kind=outlier&kind=red&assigned=&sort=wrong&kind_of_item=red&scheme_of_item=ES&pid=1%2F204",
  );
  const next = itemQuery(search, { kind: "outlier", scheme: null, pid: "7" });
  assert.equal(
    String(next),
    "kind=outlier&kind=red&assigned=&sort=wrong&after=x&kind_of_item=outlier",
  );
  assert.equal(listOf("?kind=outlier"), null);
  assert.equal(aroundQuery("", "7"), null);
});

test("a decision leaves out what is empty, and names the newest that was seen", () => {
  const draft = { ...BLANK, finding: "right" as const, true_crop: "maize", note: "  " };
  const history = [{ id: 7 }, { id: 41 }] as unknown as Parameters<typeof bodyOf>[3];
  assert.deepEqual(bodyOf("1/204", draft, 7, history), {
    pid: "1/204",
    finding: "right",
    true_crop: null,
    note: null,
    photo: null,
    run: 7,
    seen: 41,
  });
  assert.equal(bodyOf("1", { ...draft, finding: "wrong" }, null, []).true_crop, "maize");
  assert.equal(newestSeen([]), null);
});

test("only a decision that stands can be taken back", () => {
  const one = { withdraws: null, withdrawn_by: null } as Parameters<typeof canWithdraw>[0];
  assert.ok(canWithdraw(one));
  assert.ok(!canWithdraw({ ...one, withdraws: 3 }));
  assert.ok(!canWithdraw({ ...one, withdrawn_by: 4 }));
});

test("same as before repeats finding, crop and note, and no odd store breaks it", () => {
  const kept = JSON.stringify({ finding: "wrong", true_crop: "maize", note: "n", photo: "p" });
  assert.deepEqual(remembered(kept), {
    finding: "wrong",
    true_crop: "maize",
    note: "n",
    photo: "",
  });
  for (const odd of [null, "", "{", "7", "[]", '{"finding": "maybe"}']) {
    assert.equal(remembered(odd), null);
  }
  assert.match(requestKey(), /^[0-9a-f]{32}$/);
  assert.notEqual(requestKey(), requestKey());
});

test("the way back leads to the page of the list that the item is on now, and to its row", () => {
  const item = { kind: "quality", scheme: "a b", pid: "1/2", finding: null };
  const around = { item, page_after: "k" } as unknown as Around;
  const search = "?kind_of_item=quality&kind=quality&after=old";
  assert.equal(isSampled(search), true);
  assert.equal(placeQuery(search, null), "?kind=quality&after=old");
  assert.equal(placeQuery(search, around), "?kind=quality&after=k#quality:a%20b:1%2F2");
  const first = { ...around, page_after: null };
  assert.equal(placeQuery(search, first), "?kind=quality#quality:a%20b:1%2F2");
});

test("who counts other classes as clear sees other looks, and the spans between them", () => {
  const scenes = {
    "1": { classes: { "4": 90, "9": 10 } },
    "2": { classes: { "0": 50, "10": 30, "4": 20 } },
    "3": { classes: { "4": 100 } },
    "4": { classes: null },
  };
  assert.deepEqual(classesOf(scenes), [4, 9, 10]);
  assert.equal(shareOf(scenes["2"].classes, new Set([4])), 0.4);
  assert.equal(shareOf(null, new Set([4])), null);
  const times = ["2018-05-03T10:00:00Z", "2018-05-08T10:00:00Z", "2018-05-13T10:00:00Z"];
  const observations = { ...ONE.observations, time: times, obsid: [1, 2, 3], mean: [1, 2, 3] };
  const one: SeriesOf = { ...ONE, card: "s2", direction: "*", observations };
  const strict = chosenClear(one, { scenes }, new Set([4]), 0.5, PARCEL);
  assert.deepEqual([...strict.hidden], [2]);
  assert.deepEqual(
    strict.spans.map(({ from, to, days }) => [from, to, days]),
    [[times[0], times[2], 10]],
  );
  assert.deepEqual(strict.series.observations.clear_share, [0.9, 0.4, 1]);
  const mild = chosenClear(one, { scenes }, new Set([4, 10]), 0.5, PARCEL);
  assert.deepEqual([mild.hidden.size, mild.spans.length], [0, 0]);
  // Nothing is clear: one span over the season.
  const none = chosenClear(one, { scenes }, new Set(), 0.5, PARCEL);
  assert.deepEqual(
    none.spans.map(({ from, to }) => [from.slice(0, 10), to.slice(0, 13)]),
    [["2018-05-01", "2018-05-31T24"]],
  );
});

test("histograms have one axis, which reaches lower where pixels do, and a middle", () => {
  const counts = [0, 0, 1, 0, 3, 0, 0, 0];
  assert.deepEqual(
    binsOf(counts).map(({ from, count }) => [from, count]),
    [
      [-0.5, 1],
      [-0.25, 0],
      [0, 3],
      [0.25, 0],
      [0.5, 0],
      [0.75, 0],
    ],
  );
  assert.equal(binsOf([...Array(39).fill(0), 5])[0]?.from, -0.2);
  assert.equal(middleNdvi(counts), 0.125);
  assert.deepEqual([binsOf([0, 0]), middleNdvi([0, 0])], [[], null]);
});

test("words are put into a note once, and taken out again", () => {
  const visit = saidOrNot("wet\nground", "Visit wanted");
  assert.equal(visit, "Visit wanted\nwet\nground");
  assert.ok(says(visit, "Visit wanted") && !says("No Visit wanted", "Visit wanted"));
  assert.equal(saidOrNot(visit, "Visit wanted"), "wet\nground");
  assert.equal(saidOrNot(saidOrNot("", "Visit wanted"), "Visit wanted"), "");
  // A full note stays as it is.
  const full = "x".repeat(1995);
  assert.equal(saidOrNot(full, "Visit wanted"), full);
});
