/** The drawing itself, and the sentence about the feature under the pointer. */

import type { Map as Drawing, MapMouseEvent, VectorTileSource } from "maplibre-gl";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Colouring, ImageLayer, MapParcel, SeasonMap } from "../../api.ts";
import { ApiError } from "../../fetch.ts";
import { type Corner, labels } from "../../map/labels.ts";
import type { Laid } from "../../map/laid.ts";
import { PATTERNS, pixelsOf, rgb } from "../../map/patterns.ts";
import { type Box, filterOf, type MapState, type View, viewOf } from "../../map/state.ts";
import {
  byClass,
  COLOURED,
  imageOf,
  ofCells,
  opacities,
  patterned,
  rasterOf,
  styleOf,
  TOLD,
} from "../../map/style.ts";
import { Failed } from "../../parts/loaded.tsx";
import { absolute, loadMapLibre } from "../../parts/maplibre.ts";
import type { Look } from "../../states.ts";
import { t } from "../../texts/index.ts";
import { featureAt, nameOf, parcelOf } from "./features.ts";
import { imagesOf, isOfLaid, layBehind, layOn } from "./laying.ts";
import { sentenceOf } from "./words.ts";

/** A parcel that was pointed at or found. */
export interface Hit {
  pid: string;
  crop: string | null;
  area_ha: number | null;
  /** Name of its class, if it is known. */
  name: string | null;
  longitude: number;
  latitude: number;
}

/** From this zoom on, parcels have their identifier written on them. */
const WRITTEN = 14;
const FARTHEST_IN = 19;
const WAIT_MS = 120;
const TOLD_PX = { width: 340, height: 80 };

interface Told {
  x: number;
  y: number;
  text: string;
}

interface Given {
  season: string;
  about: SeasonMap;
  images: readonly ImageLayer[];
  state: MapState;
  colouring: Colouring;
  looks: readonly Look[];
  version: string | null;
  filter: string;
  view: View | null;
  goal: Hit | null;
  near: number;
  chosen: string | null;
  /** An image at its place. */
  laid: Laid | null;
  /** It did not come: an older one must not stand for it. */
  unlaid: (url: string) => void;
  moved: (view: View, box: Box) => void;
  pick: (hit: Hit | null) => void;
  open: (pid: string) => void;
}

export function Canvas(props: Given) {
  const frame = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<Drawing | null>(null);
  const [broken, fail] = useState<string | null>(null);
  const [told, tell] = useState<Told | null>(null);
  const [written, write] = useState<Corner[]>([]);
  // Listeners are made once, and see the newest properties here.
  const now = useRef(props);
  now.current = props;

  useEffect(() => {
    let made: Drawing | null = null;
    let gone = false;
    const again = (): void => {
      const view = viewOf(location.hash);
      if (view) made?.jumpTo({ zoom: view.zoom, center: [view.longitude, view.latitude] });
    };
    addEventListener("hashchange", again);
    begin(frame.current, now.current).then(
      (drawing) => {
        if (gone) {
          drawing.remove();
          return;
        }
        made = drawing;
        listen(drawing, now, tell, write);
        setMap(drawing);
      },
      (error: unknown) => fail(String(error)),
    );
    return () => {
      gone = true;
      removeEventListener("hashchange", again);
      made?.remove();
    };
  }, []);

  const { season, about, state, colouring, looks, version, filter, chosen, laid, goal } = props;
  const first = about.first_zoom_with_outlines;
  const ready = version !== null;
  const nothing = colouring.names.every((name) => state.hidden.includes(name));
  useEffect(() => {
    if (map && version) tiles(map, "season", season, `${filter}&version=${version}`);
  }, [map, season, filter, version]);
  useEffect(() => {
    if (map) dress(map, looks, state.cells, ready && !nothing);
  }, [map, looks, state.cells, ready, nothing]);

  const verdict = about.colourings.find(({ kind }) => kind === "verdict");
  const outliers = state.outliers && verdict && colouring.kind !== "verdict" ? verdict : null;
  const wanted = outliers ? `${filterOf(state, outliers.key, null)}&only=outlier` : null;
  useEffect(() => {
    if (!map) return;
    if (wanted) tiles(map, "outliers", season, wanted);
    for (const layer of ["outlier-points", "outlier-outlines"]) see(map, layer, wanted !== null);
  }, [map, season, wanted]);

  const behind = about.backgrounds.find(({ name }) => name === state.background)?.url ?? null;
  const image = props.images.find(({ sensor }) => sensor === state.image) ?? null;
  useEffect(() => {
    if (!map) return;
    layBehind(map, "images", image && imagesOf(image), "cells");
    layBehind(map, "background", behind ? rasterOf(behind) : null, image ? "images" : "cells");
    const { parcels, cells } = opacities(behind !== null || image !== null);
    map.setPaintProperty("parcels", "fill-opacity", parcels);
    map.setPaintProperty("cells", "fill-opacity", cells);
  }, [map, behind, image]);
  useEffect(() => {
    if (map) map.setFilter("chosen", chosen ? ["==", ["get", "pid"], chosen] : ["boolean", false]);
  }, [map, chosen]);
  useEffect(() => {
    if (map) layOn(map, laid);
  }, [map, laid]);
  useEffect(() => {
    const near = Math.max(now.current.near, first);
    if (map && goal) {
      const center: [number, number] = [goal.longitude, goal.latitude];
      map.flyTo({ center, zoom: Math.max(map.getZoom(), near), maxDuration: 1500 });
    }
  }, [map, goal, first]);

  return (
    <div class="map-frame">
      {broken && <Failed error={new ApiError("broken", broken)} />}
      <div ref={frame} class="map-canvas" />
      <div class="map-labels" aria-hidden="true">
        {written.map(({ text, x, y }) => (
          <span key={text} style={{ transform: at(x, y) }}>
            {text}
          </span>
        ))}
        {told && (
          <p class="map-told" style={{ transform: at(told.x, told.y) }}>
            {told.text}
          </p>
        )}
      </div>
    </div>
  );
}

const at = (x: number, y: number): string => `translate(${Math.round(x)}px, ${Math.round(y)}px)`;

async function begin(container: HTMLElement | null, given: Given): Promise<Drawing> {
  const library = await loadMapLibre();
  if (!container) throw new Error("the page has no place for its map");
  const { about, view } = given;
  const [west, south, east, north] = about.extent;
  const start = view
    ? { center: [view.longitude, view.latitude] as [number, number], zoom: view.zoom }
    : { bounds: [west, south, east, north] as [number, number, number, number] };
  const map = new library.Map({
    container,
    ...start,
    fitBoundsOptions: { padding: 24, maxZoom: 13 },
    style: styleOf(about.first_zoom_with_outlines, about.last_zoom),
    maxZoom: FARTHEST_IN,
    maxPitch: 0,
    dragRotate: false,
    pitchWithRotate: false,
    attributionControl: false,
    // A season at 180 degrees goes on beyond them.
    renderWorldCopies: east > 180,
    locale: {
      "Map.Title": t("map.drawing"),
      "NavigationControl.ZoomIn": t("map.zoom_in"),
      "NavigationControl.ZoomOut": t("map.zoom_out"),
    },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new library.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new library.ScaleControl({ unit: "metric" }), "bottom-left");
  await new Promise<void>((loaded) => map.once("style.load", () => loaded()));
  return map;
}

function listen(
  map: Drawing,
  now: { current: Given },
  tell: (told: Told | null) => void,
  write: (labels: Corner[]) => void,
): void {
  let timer = 0;
  const written = (): void => write(writtenOn(map));
  const moved = (): void => {
    const { lng, lat } = map.getCenter();
    const bounds = map.getBounds();
    now.current.moved({ zoom: map.getZoom(), latitude: lat, longitude: lng }, [
      Math.max(bounds.getWest(), -540),
      Math.max(bounds.getSouth(), -85),
      Math.min(bounds.getEast(), 540),
      Math.min(bounds.getNorth(), 85),
    ]);
  };
  map.on("movestart", () => {
    delete document.body.dataset.map;
    tell(null);
    write([]);
  });
  map.on("moveend", moved);
  map.on("idle", () => {
    if (renew(map) || now.current.version === null) return;
    written();
    const seen = map.queryRenderedFeatures({ layers: [...TOLD] });
    document.body.dataset.map = String(seen.length);
  });
  map.on("error", (event) => {
    const { laid, unlaid } = now.current;
    if (!isOfLaid(event)) reportError(event.error);
    else if (laid) unlaid(laid.url);
  });
  map.on("mouseout", () => {
    clearTimeout(timer);
    tell(null);
  });
  map.on("mousemove", (event) => {
    clearTimeout(timer);
    const feature = featureAt(map, event);
    map.getCanvas().style.cursor = feature ? "pointer" : "";
    if (!feature) {
      tell(null);
      return;
    }
    const { clientWidth, clientHeight } = map.getContainer();
    // The sentence stays inside the map.
    const x = Math.max(0, Math.min(event.point.x, clientWidth - TOLD_PX.width));
    const y = event.point.y - (event.point.y > clientHeight - TOLD_PX.height ? TOLD_PX.height : 0);
    const { colouring } = now.current;
    const say = (parcel: MapParcel | null): void => {
      tell({
        x,
        y,
        text: sentenceOf(
          feature.sourceLayer ?? "",
          feature.properties,
          nameOf(feature, colouring),
          colouring,
          parcel,
        ),
      });
    };
    say(null);
    if (feature.sourceLayer === "cells") return;
    timer = setTimeout(() => {
      parcelOf(now.current.season, feature).then(say, () => undefined);
    }, WAIT_MS) as unknown as number;
  });
  const chosen = async (event: MapMouseEvent): Promise<Hit | null> => {
    const feature = featureAt(map, event);
    if (!feature || feature.sourceLayer === "cells") return null;
    const parcel = await parcelOf(now.current.season, feature);
    const outlier = feature.source === "outliers";
    return { ...parcel, name: outlier ? null : nameOf(feature, now.current.colouring) };
  };
  map.on("click", (event) => {
    const feature = featureAt(map, event);
    if (feature?.sourceLayer === "cells") {
      map.easeTo({ center: event.lngLat, zoom: map.getZoom() + 2 });
      return;
    }
    chosen(event).then(now.current.pick, () => undefined);
  });
  map.on("dblclick", (event) => {
    const feature = featureAt(map, event);
    if (!feature || feature.sourceLayer === "cells") return;
    event.preventDefault();
    chosen(event).then(
      (hit) => hit && now.current.open(hit.pid),
      () => undefined,
    );
  });
  map.getCanvas().addEventListener("keydown", (event) => {
    const pid = now.current.chosen;
    if (event.key === "Enter" && pid) now.current.open(pid);
  });
  moved();
}

/** Identifiers on the parcels in view, if there is room to read them. */
function writtenOn(map: Drawing): Corner[] {
  if (map.getZoom() < WRITTEN) return [];
  const { clientWidth: width, clientHeight: height } = map.getContainer();
  const seen = map.queryRenderedFeatures({ layers: ["parcels"] });
  return labels(
    seen.map(({ geometry, properties }) => ({ text: String(properties.pid), geometry })),
    (longitude, latitude) => map.project([longitude, latitude]),
    { width, height },
  );
}

/** Addresses of tiles that a source still has to take, by its name. */
const waiting = new WeakMap<Drawing, Map<string, string>>();

function tiles(map: Drawing, source: string, season: string, query: string): void {
  delete document.body.dataset.map;
  const path = `tiles/${encodeURIComponent(season)}/{z}/{x}/{y}.mvt?${query}`;
  const mine = waiting.get(map) ?? new Map<string, string>();
  waiting.set(map, mine.set(source, absolute(path)));
  renew(map);
}

/**
 * Give the sources their new addresses. One that still loads from its old ones has to wait:
 * MapLibre would show some of its tiles from there, or wait for them for ever.
 *
 * @returns whether there were any.
 */
function renew(map: Drawing): boolean {
  const mine = [...(waiting.get(map) ?? [])];
  for (const [source, url] of mine) {
    const known = map.getSource<VectorTileSource>(source);
    // One that has no address yet has nothing to wait for, and must not be drawn without.
    if (known?.tiles?.length && !map.isSourceLoaded(source)) continue;
    waiting.get(map)?.delete(source);
    known?.setTiles([url]);
  }
  return mine.length > 0;
}

function dress(
  map: Drawing,
  looks: readonly Look[],
  cells: MapState["cells"],
  seen: boolean,
): void {
  for (const one of looks) addImage(map, one);
  const { filter, image } = patterned(looks);
  map.setPaintProperty("parcels", "fill-color", byClass(looks));
  map.setPaintProperty("points", "circle-color", byClass(looks));
  map.setPaintProperty("cells", "fill-color", ofCells(cells, looks));
  map.setFilter("patterns", filter);
  if (image) map.setPaintProperty("patterns", "fill-pattern", image);
  for (const layer of COLOURED) see(map, layer, seen);
}

function addImage(map: Drawing, one: Look): void {
  const name = imageOf(one);
  const pattern = PATTERNS.find((known) => name?.startsWith(known));
  if (name && pattern && !map.hasImage(name)) map.addImage(name, pixelsOf(pattern, rgb(one.ink)));
}

function see(map: Drawing, layer: string, shown: boolean): void {
  map.setLayoutProperty(layer, "visibility", shown ? "visible" : "none");
}
