/** The map: all parcels of a season in the colours of one question, with a list of those in view. */

import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { seasonApi, seasonPage } from "../address.ts";
import type { Colouring, ImageLayer, MapLegend, Rows, SeasonMap } from "../api.ts";
import { config } from "../config.ts";
import { looksOf } from "../map/colours.ts";
import type { Laid } from "../map/laid.ts";
import {
  type Box,
  filterOf,
  hashOf,
  type MapState,
  searchOf,
  stateOf,
  type View,
  viewOf,
} from "../map/state.ts";
import { KeysDialog } from "../parts/dialog.tsx";
import { useShortcuts } from "../parts/keyboard.ts";
import { Empty, Failed, Loaded, useAnswer, useRefresh } from "../parts/loaded.tsx";
import { keepAddress } from "../parts/own_address.ts";
import { Heading } from "../parts/shell.tsx";
import { start } from "../start.tsx";
import { t } from "../texts/index.ts";
import { Canvas, type Hit } from "./map/canvas.tsx";
import { Choices } from "./map/choices.tsx";
import { Classes } from "./map/classes.tsx";
import { CollectionSection, useCollection } from "./map/collection.tsx";
import { Dated } from "./map/dated.tsx";
import { InViewList } from "./map/in_view.tsx";
import { Chosen } from "./map/parcel.tsx";
import { Search } from "./map/search.tsx";

const REFRESH_S = 60;
/** Zoom at which a parcel that was searched for fills a good part of the map. */
const NEAR = 15;

const season = config.season ?? "";

function MapPage() {
  const about = useAnswer<SeasonMap>(seasonApi(season, ["map"]));
  return (
    <div class="map-page">
      <Heading title={t("map.title", { season })} />
      <Loaded of={about}>
        {(known) => (known.tiles.length === 0 ? <NoParcels /> : <Known about={known} />)}
      </Loaded>
    </div>
  );
}

/** A season into which no parcels were loaded yet. */
function NoParcels() {
  return (
    <Empty>
      {t("map.no_parcels")} {t("map.no_parcels.hint")}
    </Empty>
  );
}

function Known({ about }: { about: SeasonMap }) {
  const [state, set] = useState<MapState>(() => stateOf(location.search));
  const [view, look] = useState<View | null>(() => viewOf(location.hash));
  const [box, setBox] = useState<Box | null>(null);
  const [hit, choose] = useState<Hit | null>(null);
  const [laid, setLaid] = useState<Laid | null>(null);
  const [failed, fail] = useState<string | null>(null);
  const [asked, ask] = useState(false);
  const search = useRef<HTMLInputElement>(null);

  const colouring = colouringOf(about, state.colour);
  // Parcels are chosen in the colours of their time, by functions that stay the same.
  const coloured = useRef(colouring);
  coloured.current = colouring;
  const looks = useMemo(() => looksOf(colouring.kind, colouring.names), [colouring]);
  const filter = filterOf(state, colouring.key, colouring.names);
  const legend = useAnswer<MapLegend>(
    `${seasonApi(season, ["map", "legend"])}?${filterOf(state, colouring.key, null)}`,
  );
  useRefresh(legend.again, REFRESH_S);
  // A map without images is a map too: what is wrong with them, their own page tells.
  const layers = useAnswer<Rows<ImageLayer>>(seasonApi(season, ["map", "images"]));
  const [images, missing] = useMemo(() => {
    const all = layers.data?.rows ?? [];
    return [
      all.filter(({ newest_at }) => newest_at !== null),
      all.filter(({ newest_at }) => newest_at === null).map(({ sensor }) => sensor),
    ];
  }, [layers.data]);
  // While another colouring is on its way, the legend is still that of the last one.
  const current = legend.data?.colour === colouring.key ? legend.data : null;

  const change = useCallback((more: Partial<MapState>) => {
    set((before) => ({ ...before, ...more }));
  }, []);
  const collection = useCollection(season);
  const { add } = collection;
  const collect = useCallback((hits: readonly Hit[]) => add(hits, coloured.current), [add]);
  const pick = useCallback(
    (found: Hit | null) => {
      choose(found);
      if (found) collect([found]);
      set((before) => ({ ...before, pid: found?.pid ?? null }));
    },
    [collect],
  );
  const lay = useCallback((image: Laid | null) => {
    setLaid(image);
    fail(null);
  }, []);
  const unlaid = useCallback((url: string) => {
    setLaid(null);
    fail(url);
  }, []);
  const moved = useCallback((to: View, within: Box) => {
    look(to);
    setBox(within);
  }, []);
  useEffect(() => remember(state, view), [state, view]);

  const keys = useMemo(
    () => ({
      "/": () => search.current?.focus(),
      "?": () => ask(true),
      Escape: () => pick(null),
    }),
    [pick],
  );
  useShortcuts(keys);

  const [goal, go] = useState<Hit | null>(null);
  const show = useCallback(
    (found: Hit) => {
      pick(found);
      go({ ...found });
    },
    [pick],
  );
  return (
    <div class="map">
      <div class="map-main">
        <Search
          season={season}
          field={search}
          first={state.pid && !hit ? state.pid : null}
          // An address that names a place on the map leads there.
          stay={view !== null}
          pick={pick}
          show={show}
        />
        {legend.error && <Failed error={legend.error} again={legend.again} stale />}
        <Canvas
          season={season}
          about={about}
          images={images}
          state={state}
          colouring={colouring}
          looks={looks}
          version={current?.version ?? null}
          filter={filter.toString()}
          view={view}
          goal={goal}
          near={NEAR}
          chosen={state.pid}
          laid={laid}
          unlaid={unlaid}
          moved={moved}
          pick={pick}
          open={open}
        />
        <p class="hint">
          {t("map.hint")}{" "}
          <button type="button" class="plain" onClick={() => ask(true)}>
            {t("keys.title")}
          </button>
        </p>
      </div>
      <div class="map-side">
        {hit && (
          <Chosen season={season} hit={hit} colouring={colouring} close={() => pick(null)}>
            <Dated
              key={hit.pid}
              season={season}
              hit={hit}
              state={state}
              change={change}
              lay={lay}
              failed={failed}
            />
          </Chosen>
        )}
        <Choices
          about={about}
          images={images}
          missing={missing}
          state={state}
          colouring={colouring}
          change={change}
        />
        <Classes
          colouring={colouring}
          looks={looks}
          rows={current?.rows ?? null}
          hidden={state.hidden}
          hide={(hidden) => change({ hidden })}
        />
        <InViewList
          season={season}
          filter={filter.toString()}
          colouring={colouring}
          looks={looks}
          box={box}
          nothing={colouring.names.every((name) => state.hidden.includes(name))}
          show={show}
          collect={collect}
        />
      </div>
      <CollectionSection season={season} colourings={about.colourings} collection={collection} />
      {asked && (
        <KeysDialog
          keys={[
            ["/", t("map.keys.search")],
            ["+ −", t("map.keys.zoom")],
            ["← → ↑ ↓", t("map.keys.move")],
            ["Enter", t("map.keys.open")],
            ["Esc", t("map.keys.leave")],
          ]}
          close={() => ask(false)}
        />
      )}
    </div>
  );
}

/** The colouring of a key, or the first that the season has. */
function colouringOf(about: SeasonMap, key: string | null): Colouring {
  const found = about.colourings.find((one) => one.key === key) ?? about.colourings[0];
  if (!found) throw new Error("a map without colourings");
  return found;
}

function open(pid: string): void {
  location.assign(seasonPage(season, ["parcels", pid]));
}

/** Keep the address true. */
function remember(state: MapState, view: View | null): void {
  keepAddress(searchOf(state) + (view ? hashOf(view) : ""));
}

start(MapPage);
