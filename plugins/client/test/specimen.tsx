/** A page for tests only: the shared parts that need a browser to be seen. */

import { useEffect, useRef, useState } from "preact/hooks";
import { Bar } from "../src/parts/bar.tsx";
import { Chart } from "../src/parts/chart.tsx";
import { KeysDialog } from "../src/parts/dialog.tsx";
import { useShortcuts } from "../src/parts/keyboard.ts";
import { Legend } from "../src/parts/legend.tsx";
import { loadMapLibre } from "../src/parts/maplibre.ts";
import type { Series } from "../src/parts/series.ts";
import { Heading } from "../src/parts/shell.tsx";
import { start } from "../src/start.tsx";

const DAY = 86_400;
const FIRST = Date.UTC(2018, 2, 1) / 1000;
const TIMES = Array.from({ length: 36 }, (_, at) => FIRST + at * 6 * DAY);
const MEAN = TIMES.map((_, at) =>
  (at > 9 && at < 14) || at === 20 || at === 22 ? null : -14 + 5 * Math.sin(at / 7),
);

const SERIES: Series = {
  title: "Backscatter VV, ascending",
  unit: "dB",
  times: TIMES,
  lines: [
    { name: "mean", values: MEAN, colour: "#14573a", width: 2 },
    {
      name: "typical",
      values: TIMES.map((_, at) => -13.5 + 4 * Math.sin(at / 7)),
      colour: "#6b756f",
      dash: [5, 4],
      points: false,
    },
  ],
  bands: [
    {
      name: "10-90 %",
      low: TIMES.map((_, at) => -16 + 4 * Math.sin(at / 7)),
      high: TIMES.map((_, at) => -11 + 4 * Math.sin(at / 7)),
      colour: "#0000001a",
    },
  ],
  gaps: [
    { from: FIRST + 57 * DAY, to: FIRST + 81 * DAY, cause: "nothing was acquired" },
    { from: FIRST + 120 * DAY, to: FIRST + 120 * DAY, cause: "damaged" },
  ],
  events: [
    { from: FIRST + 140 * DAY, to: FIRST + 152 * DAY, at: FIRST + 147 * DAY, label: "mowing" },
  ],
};

const EMPTY: Series = { title: "Coherence", unit: "", times: [], lines: [] };

function Specimen() {
  const [asked, ask] = useState(false);
  const [hidden, hide] = useState<ReadonlySet<string>>(new Set<string>());
  const [shortcuts] = useState({ "?": () => ask(true) });
  useShortcuts(shortcuts);
  return (
    <>
      <Heading title="Specimen" />
      <Chart series={SERIES} sync="season" />
      <Chart series={EMPTY} sync="season" height={120} />
      <Legend
        family="verdict"
        counts={{ confirmed: 12, outlier: 3 }}
        hidden={hidden}
        toggle={(state) => hide(hidden.has(state) ? new Set() : new Set([state]))}
      />
      <Bar family="scheme" label="<b>Catch crops</b>" counts={{ green: 120, red: 3, open: 9 }} />
      <label>
        Note <input name="note" />
      </label>
      {/* Drawn without a graphics card, it would slow down all that looks at the rest. */}
      {location.search === "?map" && <FieldMap />}
      {asked && <KeysDialog keys={[["n", "next parcel"]]} close={() => ask(false)} />}
    </>
  );
}

function FieldMap() {
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    loadMapLibre().then((library) => {
      if (!frame.current) return;
      const square = {
        type: "Polygon" as const,
        coordinates: [
          [
            [9, 55],
            [10, 55],
            [10, 56],
            [9, 56],
            [9, 55],
          ],
        ],
      };
      const map = new library.Map({
        container: frame.current,
        center: [9.5, 55.5],
        zoom: 6,
        attributionControl: false,
        style: {
          version: 8,
          sources: { field: { type: "geojson", data: square } },
          layers: [
            { id: "ground", type: "background", paint: { "background-color": "#f4f6f3" } },
            { id: "field", type: "fill", source: "field", paint: { "fill-color": "#1d7a4c" } },
          ],
        },
      });
      map.on("idle", () => {
        const found = map.queryRenderedFeatures({ layers: ["field"] });
        document.body.dataset.map = String(found.length);
      });
    });
  }, []);
  return (
    <div
      ref={frame}
      style={{ width: "300px", height: "200px" }}
      role="application"
      aria-label="Map"
    />
  );
}

start(Specimen);
