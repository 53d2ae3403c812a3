/** Classes, colourings and cells in words. */

import type { Colouring, MapParcel } from "../../api.ts";
import { count, eventOf, num, percent, t, word } from "../../texts/index.ts";

/** The name of a class, for people. */
export function className(kind: string, name: string): string {
  if (kind === "crop") return name || t("map.other_crops");
  return word("map_class", `${kind}.${name}`);
}

/** The name of a colouring, e.g. `Marker mowing`. */
export function colouringName({ kind, of }: Pick<Colouring, "kind" | "of">): string {
  const inside = kind === "observations" ? word("card", of) : kind === "marker" ? eventOf(of) : of;
  return t(`map.by.${kind}`, { of: inside });
}

/** What is under the pointer. */
export function sentenceOf(
  layer: string,
  values: Record<string, unknown>,
  name: string | null,
  colouring: Colouring,
  parcel: MapParcel | null,
): string {
  const said = name === null ? null : className(colouring.kind, name);
  if (layer === "cells") return cellWords(values, said, colouring);
  const pid = parcel?.pid ?? values.pid;
  const what = said ?? t("map.outlier");
  // Coloured by crop, its class is its crop; a crop without a class of its own is named too.
  const crop = colouring.kind === "crop" && name ? null : (parcel?.crop ?? null);
  return [pid, crop, what].filter(Boolean).join(" · ");
}

function cellWords(
  values: Record<string, unknown>,
  said: string | null,
  colouring: Colouring,
): string {
  const parts = [
    count("season.parcels", Number(values.parcels)),
    t("map.hectares", { area: num(Math.round(Number(values.area_ha))) }),
    t("map.mostly", { name: said ?? "" }),
  ];
  if (colouring.marked.length > 0) {
    const names = colouring.marked.map((at) =>
      className(colouring.kind, colouring.names[at] ?? ""),
    );
    const values_ = { share: percent(Number(values.share)), name: names.join(", ") };
    parts.push(t("map.share", values_));
  }
  return parts.join(" · ");
}
