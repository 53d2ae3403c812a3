/** The features of the drawing: which one is under the pointer, its class, and its parcel. */

import type { Map as Drawing, MapGeoJSONFeature, MapMouseEvent } from "maplibre-gl";
import { seasonApi } from "../../address.ts";
import type { Colouring, MapParcel } from "../../api.ts";
import { ask } from "../../fetch.ts";

/** The topmost feature under the pointer. */
export function featureAt(map: Drawing, { point }: MapMouseEvent): MapGeoJSONFeature | undefined {
  const near: [[number, number], [number, number]] = [
    [point.x - 3, point.y - 3],
    [point.x + 3, point.y + 3],
  ];
  const points = ["outlier-points", "points"];
  return (
    map.queryRenderedFeatures(near, { layers: points })[0] ??
    map.queryRenderedFeatures(point, { layers: ["parcels", "cells"] })[0] ??
    // An outlier whose class is hidden has only its outline.
    map.queryRenderedFeatures(near, { layers: ["outlier-outlines"] })[0]
  );
}

/** The name of a feature's class; null for outliers, which come from a source of their own. */
export function nameOf(
  { source, properties }: MapGeoJSONFeature,
  colouring: Colouring,
): string | null {
  if (source === "outliers") return null;
  return colouring.names[properties.class as number] ?? null;
}

const known = new Map<string, Promise<MapParcel>>();

/** The parcel of a feature; each is fetched once. */
export function parcelOf(season: string, feature: MapGeoJSONFeature): Promise<MapParcel> {
  const url = seasonApi(season, ["map", "places", String(feature.id)]);
  const before = known.get(url);
  if (before) return before;
  const answer = ask<MapParcel>(url);
  known.set(url, answer);
  answer.catch(() => known.delete(url));
  return answer;
}
