/** The signal of the season: a chart for each card, direction and band, with what lies behind it. */

import { useMemo, useState } from "preact/hooks";
import { seasonApi } from "../../address.ts";
import type { Rows } from "../../api.ts";
import { Chart } from "../../parts/chart.tsx";
import { type Answer, Empty, Failed, Loaded, Loading, useAnswer } from "../../parts/loaded.tsx";
import type { Series } from "../../parts/series.ts";
import { Section } from "../../parts/shell.tsx";
import { count, eventOf, num, percent, t, word } from "../../texts/index.ts";
import type {
  AllSeries,
  Curve,
  Curves,
  MarkerState,
  Parcel,
  PeerBand,
  SeriesOf,
  Span,
  Verdicts,
} from "./answers.ts";
import {
  type Behind,
  COLOURS,
  chartOf,
  type Drawn,
  inPageOrder,
  keyOf,
  LAYERS,
  type Layer,
  lanesOf,
  shownFirst,
  type Words,
} from "./charting.ts";
import { chosenClear, classesOf } from "./clouds.ts";
import { type Leaving, LeftOutNote, looksOfSeries } from "./leaving.tsx";
import { gapInWords, sensorOf } from "./wording.ts";

const SYNC = "parcel";
const SHOWN: readonly Layer[] = ["inner", "means", "declared", "predicted", "events"];

interface Asked {
  parcel: Parcel;
  gaps: Answer<Rows<Span>>;
  markers: Answer<Rows<MarkerState>>;
  verdict: Answer<Verdicts>;
  leaving: Leaving;
}

export function ChartsSection(asked: Asked) {
  const { season, pid } = asked.parcel;
  const answer = useAnswer<AllSeries>(seasonApi(season, ["parcels", pid, "series"]));
  return (
    <Section id="signal" title="parcel.signal" hint="parcel.signal.hint">
      <Loaded of={answer}>
        {(all) =>
          all.series.length === 0 ? (
            <Empty>{t("parcel.signal.none")}</Empty>
          ) : (
            <Charts {...asked} all={all} />
          )
        }
      </Loaded>
    </Section>
  );
}

function Charts({ parcel, gaps, markers, verdict, leaving, all }: Asked & { all: AllSeries }) {
  const { season, pid } = parcel;
  const { series } = all;
  const { leftOut } = leaving;
  const [clear, setClear] = useState<ReadonlySet<number> | null>(null);
  const [shown, show] = useState<ReadonlySet<Layer>>(new Set(SHOWN));
  const [chosen, choose] = useState<ReadonlySet<string>>(() => shownFirst(series));
  const curves = useAnswer<Curves>(seasonApi(season, ["parcels", pid, "curves"]));
  const peersUrl = seasonApi(season, ["parcels", pid, "peers", "band"], { distance_m: 5000 });
  const peers = useAnswer<PeerBand>(shown.has("peers") ? peersUrl : null);
  const ordered = useMemo(() => inPageOrder(series), [series]);
  const named = useMemo(() => looksOfSeries({ series }), [series]);
  const behind: Behind = useMemo(
    () => ({
      parcel,
      gaps: gaps.data?.rows ?? [],
      leftOut,
      lanes: lanesOf(series),
      curves: curves.data?.series ?? [],
      peers: peers.data?.rows ?? [],
      markers: markers.data?.rows ?? [],
      blame: verdict.data?.explanation?.blame ?? [],
    }),
    [parcel, series, leftOut, gaps.data, curves.data, peers.data, markers.data, verdict.data],
  );
  const charts = useMemo(
    () =>
      ordered
        .filter((one) => chosen.has(keyOf(one)))
        .map((one) => ({ one, chart: drawn(one, all, behind, clear, shown) })),
    [ordered, chosen, behind, shown, all, clear],
  );
  return (
    <>
      <Layers shown={shown} show={show} curves={curves.data?.series ?? []} />
      {curves.data?.because && <Empty>{t("parcel.curves.none")}</Empty>}
      {[curves, gaps, peers].map(
        (one, at) => one.error && <Failed key={at} error={one.error} again={one.again} />,
      )}
      {shown.has("peers") && !peers.error && <Peers band={peers.data} />}
      <Choice series={ordered} chosen={chosen} choose={choose} />
      <LeftOutNote looks={named} leaving={leaving} />
      <Clear all={all} clear={clear} choose={setClear} />
      <div class="charts">
        {charts.map(({ one, chart }) => (
          <Chart
            key={keyOf(one)}
            series={chart}
            sync={SYNC}
            height={200}
            csv={seasonApi(season, ["parcels", pid, "series"], {
              format: "csv",
              card: one.card,
              band: one.band,
            })}
          />
        ))}
      </div>
      <p class="hint">{t("parcel.means.hint")}</p>
      <p class="actions">
        <a href={seasonApi(season, ["parcels", pid, "series"], { format: "csv" })} download>
          {t("parcel.csv.observations")}
        </a>
        <a
          href={seasonApi(season, ["parcels", pid, "series"], { format: "csv", table: "windows" })}
          download
        >
          {t("parcel.csv.means")}
        </a>
      </p>
    </>
  );
}

/** A series as a chart; an optical one with the classes that the reader counts as clear. */
function drawn(
  one: SeriesOf,
  all: AllSeries,
  behind: Behind,
  clear: ReadonlySet<number> | null,
  shown: ReadonlySet<Layer>,
): Series {
  if (clear === null || one.card !== "s2") return chartOf(one, behind, shown, wordsOf(one));
  const { series, hidden, spans } = chosenClear(
    one,
    all,
    clear,
    all.clear.least_share,
    behind.parcel,
  );
  const others = behind.gaps.filter(({ card, cause }) => card !== "s2" || cause !== "cloudy");
  const now = { ...behind, hidden, gaps: [...others, ...spans] };
  return chartOf(series, now, shown, wordsOf(one));
}

/** Which classes of the scene classification count as clear, in the charts of this page. */
function Clear(props: {
  all: AllSeries;
  clear: ReadonlySet<number> | null;
  choose: (classes: ReadonlySet<number> | null) => void;
}) {
  const { all, clear, choose } = props;
  const classes = classesOf(all.scenes);
  if (classes.length === 0) return null;
  const now = clear ?? new Set(all.clear.classes);
  const toggle = (one: number): void => {
    const next = new Set(now);
    if (!next.delete(one)) next.add(one);
    choose(next);
  };
  return (
    <details class="choice">
      <summary>{t("parcel.clear_classes")}</summary>
      <p class="hint">
        {t("parcel.clear_classes.hint", { share: percent(all.clear.least_share) })}
      </p>
      <div class="layers">
        {classes.map((one) => (
          <label key={one}>
            <input type="checkbox" checked={now.has(one)} onChange={() => toggle(one)} />
            {word("scl", String(one))}
          </label>
        ))}
        {clear && (
          <button type="button" onClick={() => choose(null)}>
            {t("parcel.clear_classes.reset")}
          </button>
        )}
      </div>
    </details>
  );
}

function wordsOf(one: SeriesOf): Words {
  const sensor = sensorOf(one.card, one.direction);
  return {
    title: `${one.band}: ${sensor}`,
    unit: one.card === "bs" ? "dB" : t(`parcel.unit.${unitOf(one)}`),
    gap: gapInWords,
    name: (layer, curve) => nameOf(layer, curve),
    event: eventOf,
    decisive: t("parcel.decisive"),
  };
}

function unitOf(one: SeriesOf): "coherence" | "index" | "reflectance" {
  if (one.card !== "s2") return "coherence";
  return one.unit === "index" ? "index" : "reflectance";
}

function nameOf(layer: Drawn, curve?: Curve): string {
  const name = t(`parcel.layer.${layer}`);
  return curve ? `${name}: ${curve.crop}` : name;
}

/** Switches for what lies behind the observations; they are the legend of all charts. */
function Layers(props: {
  shown: ReadonlySet<Layer>;
  show: (layers: ReadonlySet<Layer>) => void;
  curves: readonly Curve[];
}) {
  const { shown, show, curves } = props;
  const toggle = (layer: Layer): void => {
    const next = new Set(shown);
    if (!next.delete(layer)) next.add(layer);
    show(next);
  };
  return (
    <fieldset class="layers">
      <legend>{t("parcel.layers")}</legend>
      {LAYERS.map((layer) => (
        <label key={layer}>
          <input type="checkbox" checked={shown.has(layer)} onChange={() => toggle(layer)} />
          <Key layer={layer} />
          {nameOf(
            layer,
            curves.find(({ roles }) => roles.includes(layer)),
          )}
        </label>
      ))}
    </fieldset>
  );
}

const DASHES: Partial<Record<Layer, string>> = {
  declared: "8 4",
  predicted: "2 3",
  peers: "9 3 2 3",
};

function Key({ layer }: { layer: Layer }) {
  const colour = COLOURS[layer];
  const band = layer !== "means" && layer !== "events";
  return (
    <svg class="key" viewBox="0 0 28 14" aria-hidden="true">
      {band && <rect width="28" height="14" fill={colour} opacity="0.2" />}
      {layer === "events" ? (
        <path d="M14 0V14M6 2H22" stroke={colour} stroke-width="2" />
      ) : (
        layer !== "inner" && (
          <path d="M0 7H28" stroke={colour} stroke-width="2" stroke-dasharray={DASHES[layer]} />
        )
      )}
    </svg>
  );
}

function Peers({ band }: { band: PeerBand | null }) {
  if (band === null) return <Loading />;
  if (band.because) return <Empty>{t("parcel.peers.none")}</Empty>;
  return (
    <p class="note">
      {count("parcel.peers", band.peers)}
      {band.farthest_m !== undefined &&
        `, ${t("parcel.peers.farthest", { metres: num(Math.round(band.farthest_m)) })}`}
      {". "}
      <span lang={band.language ?? "en"}>{[...band.sentences, ...band.remarks].join(" ")}</span>
    </p>
  );
}

/** Which optical bands and indices have a chart. */
function Choice(props: {
  series: readonly SeriesOf[];
  chosen: ReadonlySet<string>;
  choose: (keys: ReadonlySet<string>) => void;
}) {
  const { series, chosen, choose } = props;
  const toggle = (key: string): void => {
    const next = new Set(chosen);
    if (!next.delete(key)) next.add(key);
    choose(next);
  };
  return (
    <details class="choice">
      <summary>{t("parcel.choose")}</summary>
      <div class="layers">
        {series.map((one) => (
          <label key={keyOf(one)}>
            <input
              type="checkbox"
              checked={chosen.has(keyOf(one))}
              onChange={() => toggle(keyOf(one))}
            />
            {one.band} <small>{sensorOf(one.card, one.direction)}</small>
          </label>
        ))}
      </div>
    </details>
  );
}
