/** The map's layers: cells and points from afar, outlines from near, in the colours of the classes. */

import type {
  CircleLayerSpecification,
  DataDrivenPropertyValueSpecification,
  FilterSpecification,
  LayerSpecification,
  RasterSourceSpecification,
  StyleSpecification,
} from "maplibre-gl";
import type { Look } from "../states.ts";
import { GROUND, SHARES } from "./colours.ts";
import { patternOf } from "./patterns.ts";
import type { Cells } from "./state.ts";

type Colour = DataDrivenPropertyValueSpecification<string>;

/** Layers that answer when they are pointed at. */
export const TOLD = ["outlier-points", "points", "parcels", "cells"] as const;

/** The layers of the colouring. */
export const COLOURED = ["cells", "parcels", "patterns", "outlines", "points", "chosen"] as const;

const INK = "#1c2420";
const BAD = "#b30f2a";
const EMPTY: FilterSpecification = ["boolean", false];

/** @param first zoom of the first outlines. @param last zoom of the last tiles. */
export function styleOf(first: number, last: number): StyleSpecification {
  const source = { type: "vector" as const, tiles: [], minzoom: 0, maxzoom: last };
  return {
    version: 8,
    sources: { season: source, outliers: { ...source } },
    layers: layers(first).map(hidden),
  };
}

/** A layer is seen once its tiles have an address: until then there is nothing to ask for. */
function hidden(layer: LayerSpecification): LayerSpecification {
  if (layer.type === "background") return layer;
  return { ...layer, layout: { visibility: "none" } } as LayerSpecification;
}

function layers(first: number): LayerSpecification[] {
  const near = { minzoom: first, "source-layer": "parcels" };
  const far = { maxzoom: first };
  const dot: CircleLayerSpecification["paint"] = {
    "circle-radius": ["interpolate", ["linear"], ["zoom"], 4, 2, first, 4.5],
    "circle-stroke-color": "#ffffff",
    "circle-stroke-width": 1,
  };
  return [
    { id: "ground", type: "background", paint: { "background-color": GROUND } },
    {
      id: "cells",
      type: "fill",
      source: "season",
      "source-layer": "cells",
      ...far,
      paint: { "fill-outline-color": "#ffffff" },
    },
    { id: "parcels", type: "fill", source: "season", ...near },
    { id: "patterns", type: "fill", source: "season", ...near, minzoom: first + 1, filter: EMPTY },
    {
      id: "outlines",
      type: "line",
      source: "season",
      ...near,
      paint: { "line-color": "#3c4741", "line-width": ["step", ["zoom"], 0.3, 13, 0.7, 15, 1.2] },
    },
    {
      id: "outlier-outlines",
      type: "line",
      source: "outliers",
      ...near,
      paint: { "line-color": BAD, "line-width": ["step", ["zoom"], 1.4, 13, 2.2, 15, 3] },
    },
    {
      id: "points",
      type: "circle",
      source: "season",
      "source-layer": "points",
      ...far,
      paint: dot,
    },
    {
      id: "outlier-points",
      type: "circle",
      source: "outliers",
      "source-layer": "points",
      ...far,
      paint: { ...dot, "circle-color": BAD },
    },
    {
      id: "chosen",
      type: "line",
      source: "season",
      ...near,
      filter: EMPTY,
      paint: { "line-color": INK, "line-width": 4 },
    },
  ];
}

/** The colour of a feature by its class. */
export function byClass(looks: readonly Look[]): Colour {
  const parts = looks.flatMap(({ colour }, number) => [number, colour]);
  if (parts.length === 0) return "#ffffff";
  return ["match", ["get", "class"], ...parts, "#ffffff"] as unknown as Colour;
}

/** The colour of a cell. */
export function ofCells(cells: Cells, looks: readonly Look[]): Colour {
  if (cells === "class") return byClass(looks);
  return ["interpolate", ["linear"], ["get", "share"], ...SHARES.flat()] as unknown as Colour;
}

/** The name of a class's image of a pattern; null if it has none. */
export function imageOf(look: Look): string | null {
  const pattern = patternOf(look.sign);
  return pattern && `${pattern}-${look.ink}`;
}

/** Which classes have a pattern, and which: for the layer of patterns. */
export function patterned(looks: readonly Look[]): {
  filter: FilterSpecification;
  image: DataDrivenPropertyValueSpecification<string> | null;
} {
  const parts = looks.flatMap((one, number) => {
    const image = imageOf(one);
    return image ? [[number, image] as const] : [];
  });
  const last = parts[0]?.[1];
  if (!last) return { filter: EMPTY, image: null };
  const numbers = parts.map(([number]) => number);
  return {
    filter: ["in", ["get", "class"], ["literal", numbers]],
    image: ["match", ["get", "class"], ...parts.flat(), last] as unknown as Colour,
  };
}

/** The source of a background: tiles or a WMS, whichever its address is of. */
export function rasterOf(url: string): RasterSourceSpecification {
  return { type: "raster", tiles: [url], tileSize: 256, maxzoom: 19 };
}

/** How much of what lies behind them parcels and cells cover. */
export function opacities(behind: boolean): { parcels: number; cells: number } {
  return behind ? { parcels: 0.35, cells: 0.4 } : { parcels: 0.85, cells: 0.75 };
}
