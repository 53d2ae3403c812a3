/** MapLibre, loaded when a page shows a map: its code, its style sheet and its worker. */

import { config } from "../config.ts";

export type MapLibre = typeof import("maplibre-gl");

let loading: Promise<MapLibre> | null = null;

/** The library, ready to make maps. */
export function loadMapLibre(): Promise<MapLibre> {
  loading ??= load();
  return loading;
}

async function load(): Promise<MapLibre> {
  const [library] = await Promise.all([import("maplibre-gl"), loadStyle()]);
  // It would look for its worker beside the module, where a built page has none.
  library.setWorkerUrl(absolute("static/maplibre-worker.js"));
  return library;
}

/** An address below the mount as MapLibre needs it: whole, with the braces of tiles kept. */
export function absolute(path: string): string {
  const url = new URL(config.root + path, document.baseURI).href;
  return url.replaceAll("%7B", "{").replaceAll("%7D", "}");
}

function loadStyle(): Promise<void> {
  return new Promise((loaded, failed) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = absolute("static/maplibre.css");
    link.onload = () => loaded();
    link.onerror = () => failed(new Error("the map's style sheet cannot be loaded"));
    document.head.append(link);
  });
}
