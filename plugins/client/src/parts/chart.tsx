/**
 * A chart over time: lines, percentile bands, hatched gaps with their cause, events with their interval.
 *
 * It is one picture to a screen reader, with its content in words; the same values stand in a table
 * beside it. Charts with the same `sync` share their cursor.
 */

import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { day, language, num, t } from "../texts/index.ts";
import { drawEvents, drawGaps } from "./drawing.ts";
import { Empty } from "./loaded.tsx";
import { causesAt, columnsOf, extent, rowsOf, type Series, type SeriesRow } from "./series.ts";
import { Table } from "./table.tsx";

export function Chart(props: {
  series: Series;
  sync?: string;
  height?: number;
  /** Address of the values as CSV. */
  csv?: string;
}) {
  const { series, sync, csv, height = 220 } = props;
  const frame = useRef<HTMLDivElement>(null);
  const [told, tell] = useState<string[]>([]);
  const [table, showTable] = useState(false);
  useEffect(() => {
    const element = frame.current;
    if (!element || series.times.length === 0) return;
    const plot = new uPlot(
      optionsOf(series, { width: element.clientWidth || 600, height }, sync, tell),
      dataOf(series),
      element,
    );
    const observer = new ResizeObserver(() => {
      plot.setSize({ width: element.clientWidth, height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [series, sync, height]);
  return (
    <figure class="chart">
      <figcaption>
        {series.title} <small>{series.unit}</small>
      </figcaption>
      {series.times.length === 0 && <Empty>{t("chart.empty", { title: series.title })}</Empty>}
      <div ref={frame} role="img" aria-label={inWords(series)} />
      <p class="told">{told.join("; ")}</p>
      <p class="beside">
        <button type="button" class="plain" aria-expanded={table} onClick={() => showTable(!table)}>
          {t(table ? "table.hide" : "table.show")}
        </button>
        {csv && (
          <a href={csv} download>
            {t("table.csv")}
          </a>
        )}
      </p>
      {table && <ChartTable series={series} />}
    </figure>
  );
}

function ChartTable({ series }: { series: Series }) {
  const columns = columnsOf(series).map(({ name }, at) => ({
    name: `${at}`,
    title: name,
    value: (row: SeriesRow) => row.values[at] ?? null,
    show: (row: SeriesRow) => shortNumber(row.values[at] ?? null),
  }));
  return (
    <Table
      caption={`${series.title} (${series.unit})`}
      rows={rowsOf(series)}
      id={(row) => `${row.at} ${row.note}`}
      columns={[
        {
          name: "time",
          title: t("chart.time"),
          value: (row: SeriesRow) => row.at,
          show: (row: SeriesRow) => isoOf(row.at),
        },
        ...columns,
        { name: "note", title: "", value: (row: SeriesRow) => row.note },
      ]}
    />
  );
}

function optionsOf(
  series: Series,
  size: { width: number; height: number },
  sync: string | undefined,
  tell: (texts: string[]) => void,
): uPlot.Options {
  const lines: uPlot.Series[] = series.lines.map((line) => ({
    label: line.name,
    stroke: line.colour,
    width: line.width ?? 1.5,
    spanGaps: false,
    points: { show: line.points ?? true, size: 5, fill: line.colour },
    value: (_, value) => shortNumber(value),
    ...(line.dash ? { dash: [...line.dash] } : {}),
  }));
  const edges: uPlot.Series[] = (series.bands ?? []).flatMap(({ name }) => [
    edge(`${name} ▼`),
    edge(`${name} ▲`),
  ]);
  const firstEdge = 1 + lines.length;
  const hovered = (plot: uPlot): void => {
    const at = plot.cursor.left === undefined || plot.cursor.left < 0 ? null : plot.cursor.left;
    tell(at === null ? [] : causesAt(series.gaps ?? [], plot.posToVal(at, "x")));
  };
  return {
    ...size,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    cursor: { drag: { x: true, y: false }, ...(sync ? { sync: { key: sync } } : {}) },
    legend: { live: true },
    // Bands first, so that lines are drawn over them.
    bands: (series.bands ?? []).map(({ colour }, at) => ({
      series: [firstEdge + 2 * at + 1, firstEdge + 2 * at],
      fill: colour,
    })),
    series: [{ label: t("chart.time"), value: (_, value) => isoOf(value) }, ...lines, ...edges],
    axes: [
      { values: (_, ticks) => ticks.map((tick) => shortDay(tick)), space: 70 },
      { size: 56, values: (_, ticks) => ticks.map((tick) => num(tick)) },
    ],
    hooks: {
      drawClear: [(plot) => drawGaps(plot, series.gaps ?? [])],
      draw: [(plot) => drawEvents(plot, series.events ?? [])],
      setCursor: [hovered],
    },
  };
}

function edge(label: string): uPlot.Series {
  return {
    label,
    class: "edge",
    stroke: "transparent",
    points: { show: false },
    value: (_, value) => shortNumber(value),
  };
}

function dataOf(series: Series): uPlot.AlignedData {
  return [series.times, ...columnsOf(series).map(({ values }) => values)] as uPlot.AlignedData;
}

function inWords(series: Series): string {
  const found = extent(series);
  if (found === null) return t("chart.empty", { title: series.title });
  const spoken = t("chart.described", {
    title: series.title,
    values: num(found.values),
    first: day(isoOf(found.first)),
    last: day(isoOf(found.last)),
    gaps: num(series.gaps?.length ?? 0),
  });
  const events = (series.events ?? []).map(({ label, from, to }) =>
    t("chart.event", { label, first: day(isoOf(from)), last: day(isoOf(to)) }),
  );
  return [spoken, ...events].join("; ");
}

function isoOf(seconds: number | null): string {
  return seconds === null
    ? ""
    : new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ");
}

const DAYS = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: "UTC" });

function shortDay(seconds: number): string {
  return DAYS.format(new Date(seconds * 1000));
}

const DIGITS = new Intl.NumberFormat(language, { maximumSignificantDigits: 4 });

function shortNumber(value: number | null): string {
  return value === null ? "–" : DIGITS.format(value);
}
