/** The signal of the season: a chart for each card, direction and band, with what lies behind it. */

import { useMemo, useState } from "preact/hooks";
import { seasonApi } from "../../address.ts";
import type { Rows } from "../../api.ts";
import { Chart } from "../../parts/chart.tsx";
import { type Answer, Empty, Failed, Loaded, Loading, useAnswer } from "../../parts/loaded.tsx";
import { Section } from "../../parts/shell.tsx";
import { count, num, t } from "../../texts/index.ts";
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
  inPageOrder,
  keyOf,
  LAYERS,
  type Layer,
  shownFirst,
  type Words,
} from "./charting.ts";
import { eventOf, gapInWords, sensorOf } from "./wording.ts";

const SYNC = "parcel";
const SHOWN: readonly Layer[] = ["inner", "means", "declared", "predicted", "events"];

interface Asked {
  parcel: Parcel;
  gaps: Answer<Rows<Span>>;
  markers: Answer<Rows<MarkerState>>;
  verdict: Answer<Verdicts>;
}

export function ChartsSection(asked: Asked) {
  const { season, pid } = asked.parcel;
  const answer = useAnswer<AllSeries>(seasonApi(season, ["parcels", pid, "series"]));
  return (
    <Section id="signal" title="parcel.signal" hint="parcel.signal.hint">
      <Loaded of={answer}>
        {({ series }) =>
          series.length === 0 ? (
            <Empty>{t("parcel.signal.none")}</Empty>
          ) : (
            <Charts {...asked} series={series} />
          )
        }
      </Loaded>
    </Section>
  );
}

function Charts({ parcel, gaps, markers, verdict, series }: Asked & { series: SeriesOf[] }) {
  const { season, pid } = parcel;
  const [shown, show] = useState<ReadonlySet<Layer>>(new Set(SHOWN));
  const [chosen, choose] = useState<ReadonlySet<string>>(() => shownFirst(series));
  const curves = useAnswer<Curves>(seasonApi(season, ["parcels", pid, "curves"]));
  const peersUrl = seasonApi(season, ["parcels", pid, "peers", "band"], { distance_m: 5000 });
  const peers = useAnswer<PeerBand>(shown.has("peers") ? peersUrl : null);
  const ordered = useMemo(() => inPageOrder(series), [series]);
  const behind: Behind = useMemo(
    () => ({
      parcel,
      gaps: gaps.data?.rows ?? [],
      curves: curves.data?.series ?? [],
      peers: peers.data?.rows ?? [],
      markers: markers.data?.rows ?? [],
      blame: verdict.data?.explanation?.blame ?? [],
    }),
    [parcel, gaps.data, curves.data, peers.data, markers.data, verdict.data],
  );
  const charts = useMemo(
    () =>
      ordered
        .filter((one) => chosen.has(keyOf(one)))
        .map((one) => ({ one, chart: chartOf(one, behind, shown, wordsOf(one)) })),
    [ordered, chosen, behind, shown],
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

function nameOf(layer: Layer | "seen" | "hidden" | "clear", curve?: Curve): string {
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
