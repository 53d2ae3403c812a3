/** The search for a parcel by the beginning of its identifier. */

import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";
import { seasonApi } from "../../address.ts";
import type { MapParcel, Rows } from "../../api.ts";
import { Failed, useAnswer } from "../../parts/loaded.tsx";
import { t } from "../../texts/index.ts";
import type { Hit } from "./canvas.tsx";

const WAIT_MS = 200;

export function Search(props: {
  season: string;
  field: RefObject<HTMLInputElement | null>;
  /** Identifier that the address names. */
  first: string | null;
  /** Whether the map stays where it is when that one is found. */
  stay: boolean;
  pick: (hit: Hit) => void;
  show: (hit: Hit) => void;
}) {
  const { first, stay, pick, show } = props;
  const [text, write] = useState("");
  const [asked, ask] = useState("");
  const [told] = useState(first);
  useEffect(() => {
    const timer = setTimeout(() => ask(text.trim()), WAIT_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const found = useAnswer<Rows<MapParcel>>(asked ? searchUrl(props.season, asked) : null);
  const named = useAnswer<Rows<MapParcel>>(told ? searchUrl(props.season, told) : null);
  const [stays] = useState(stay);
  useEffect(() => {
    const one = named.data?.rows.find(({ pid }) => pid === told);
    if (one) (stays ? pick : show)(hitOf(one));
  }, [named.data, told, stays, pick, show]);

  const go = (one: MapParcel): void => {
    write("");
    // Keys are the map's again.
    props.field.current?.blur();
    show(hitOf(one));
  };
  const rows = asked && text ? (found.data?.rows ?? null) : null;
  return (
    <form
      class="map-search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (rows?.[0]) go(rows[0]);
      }}
    >
      <label>
        {t("map.search")}{" "}
        <input
          ref={props.field}
          type="search"
          name="pid"
          autocomplete="off"
          value={text}
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") event.currentTarget.blur();
          }}
        />
      </label>
      {asked && found.error && <Failed error={found.error} again={found.again} />}
      {rows && (
        <ul class="map-found">
          {rows.map((one) => (
            <li key={one.pid}>
              <button type="button" onClick={() => go(one)}>
                {one.pid} <span>{one.crop}</span>
              </button>
            </li>
          ))}
          {rows.length === 0 && <li role="status">{t("map.search.none")}</li>}
        </ul>
      )}
    </form>
  );
}

export function hitOf(one: MapParcel): Hit {
  return { ...one, name: one.class ?? null };
}

function searchUrl(season: string, text: string): string {
  return seasonApi(season, ["map", "search"], { text });
}
