/** Pictures on the map: what lies behind the parcels, and the image that lies on one. */

import type {
  Map as Drawing,
  ErrorEvent,
  ImageSource,
  RasterSourceSpecification,
} from "maplibre-gl";
import type { ImageLayer } from "../../api.ts";
import type { Laid } from "../../map/laid.ts";
import { absolute } from "../../parts/maplibre.ts";

const DATED = "dated";

/** Lay pictures under a layer; null takes them away. */
export function layBehind(
  map: Drawing,
  id: string,
  source: RasterSourceSpecification | null,
  under: string,
): void {
  if (map.getLayer(id)) map.removeLayer(id);
  if (map.getSource(id)) map.removeSource(id);
  if (!source) return;
  map.addSource(id, source);
  map.addLayer({ id, type: "raster", source: id }, under);
}

/** Lay an image on the parcels, below their outlines, in the place of the last one; null takes it away. */
export function layOn(map: Drawing, laid: Laid | null): void {
  const known = map.getSource<ImageSource>(DATED);
  if (!laid) {
    if (known) map.removeLayer(DATED).removeSource(DATED);
    return;
  }
  const { url, corners: coordinates, opacity } = laid;
  if (!known) {
    map.addSource(DATED, { type: "image", url, coordinates });
    const paint = { "raster-fade-duration": 0, "raster-resampling": "nearest" as const };
    map.addLayer({ id: DATED, type: "raster", source: DATED, paint }, "outlines");
  } else if (known.url !== url) {
    known.updateImage({ url, coordinates });
  }
  map.setPaintProperty(DATED, "raster-opacity", opacity);
}

/** The source of the newest images of a sensor, from our own products. */
export function imagesOf(layer: ImageLayer): RasterSourceSpecification {
  return {
    type: "raster",
    tiles: [absolute(layer.tiles)],
    tileSize: layer.tile_pixels,
    minzoom: layer.first_zoom,
    maxzoom: layer.last_zoom,
  };
}

/** Whether something went wrong with the image that was laid on. */
export function isOfLaid(event: ErrorEvent): boolean {
  return "sourceId" in event && event.sourceId === DATED;
}
