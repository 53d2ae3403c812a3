/** What clouds hide if other classes of the scene classification count as clear than the settings say. */

import type { AllSeries, Parcel, SeriesOf, Span } from "./answers.ts";

type Scenes = AllSeries["scenes"];

/** A choice of the reader: what is hidden, and the spans that follow from it. */
export interface Chosen {
  series: SeriesOf;
  hidden: ReadonlySet<number>;
  spans: Span[];
}

/** The classes that occur in the scenes of a parcel; class 0 is no data and never counts. */
export function classesOf(scenes: Scenes): number[] {
  const all = Object.values(scenes).flatMap(({ classes }) => Object.keys(classes ?? {}));
  return [...new Set(all.map(Number))].filter((one) => one > 0).sort((a, b) => a - b);
}

/** Share of the classified pixels that are clear; null if none is classified. */
export function shareOf(
  classes: Readonly<Record<string, number>> | null | undefined,
  clear: ReadonlySet<number>,
): number | null {
  const rows = Object.entries(classes ?? {}).filter(([name]) => name !== "0");
  const total = rows.reduce((sum, [, pixels]) => sum + pixels, 0);
  const good = rows.filter(([name]) => clear.has(Number(name)));
  return total === 0 ? null : good.reduce((sum, [, pixels]) => sum + pixels, 0) / total;
}

/** An optical series as it is with a choice of classes. */
export function chosenClear(
  one: SeriesOf,
  { scenes }: Pick<AllSeries, "scenes">,
  clear: ReadonlySet<number>,
  least: number,
  season: Pick<Parcel, "starts" | "ends">,
): Chosen {
  const { observations: all } = one;
  const shares = all.obsid.map((obsid) => shareOf(scenes[`${obsid}`]?.classes, clear));
  const isHidden = shares.map((share) => share !== null && share < least);
  const hidden = new Set(
    all.obsid.filter((obsid, at) => obsid !== null && isHidden[at]),
  ) as Set<number>;
  return {
    series: { ...one, observations: { ...all, clear_share: shares } },
    hidden,
    spans: spansOf(one, isHidden, season),
  };
}

/** Spans from the look before to the look after, with at least one hidden one between them. */
function spansOf(
  { card, direction, observations: { time, mean } }: SeriesOf,
  isHidden: readonly boolean[],
  season: Pick<Parcel, "starts" | "ends">,
): Span[] {
  const spans: Span[] = [];
  let from = `${season.starts}T00:00:00Z`;
  let lost = 0;
  const close = (to: string): void => {
    const days = Math.round((Date.parse(to) - Date.parse(from)) / 8_640_000) / 10;
    const span = { card, direction, from, to, days, cause: "cloudy", causes: { cloudy: lost } };
    if (lost > 0) spans.push({ ...span, passes: [], products: [] });
    from = to;
    lost = 0;
  };
  time.forEach((at, index) => {
    if (isHidden[index]) lost += 1;
    else if (mean[index] !== null) close(at);
  });
  close(`${season.ends}T24:00:00Z`);
  return spans;
}
