/** The parcels in view as a list of links: the map for those who do not use a pointer. */

import { useEffect, useState } from "preact/hooks";
import { seasonApi, seasonPage } from "../../address.ts";
import type { Colouring, InView } from "../../api.ts";
import type { Box } from "../../map/state.ts";
import { Empty, Loaded, useAnswer } from "../../parts/loaded.tsx";
import { Section } from "../../parts/shell.tsx";
import { SwatchOf } from "../../parts/state.tsx";
import type { Look } from "../../states.ts";
import { count, t } from "../../texts/index.ts";
import type { Hit } from "./canvas.tsx";
import { hitOf } from "./search.tsx";
import { className } from "./words.ts";

const WAIT_MS = 250;

export function InViewList(props: {
  season: string;
  filter: string;
  colouring: Colouring;
  looks: readonly Look[];
  box: Box | null;
  /** Whether every class is hidden. */
  nothing: boolean;
  show: (hit: Hit) => void;
  collect: (hits: readonly Hit[]) => void;
}) {
  const { season, colouring, looks, box, nothing } = props;
  const url =
    box && !nothing ? `${seasonApi(season, ["map", "view"])}?${props.filter}${boxed(box)}` : null;
  const [asked, ask] = useState(url);
  useEffect(() => {
    const timer = setTimeout(() => ask(url), WAIT_MS);
    return () => clearTimeout(timer);
  }, [url]);
  const answer = useAnswer<InView>(asked);
  return (
    <Section id="in-view" title="map.in_view">
      {nothing ? (
        <Empty>{t("map.none")}</Empty>
      ) : (
        <Loaded of={answer}>
          {({ parcels, rows }) => (
            <>
              <p role="status">
                {count("season.parcels", parcels)}
                {parcels > rows.length && ` · ${t("map.in_view.some")}`}
              </p>
              {rows.length > 0 && (
                <p>
                  <button
                    type="button"
                    class="plain"
                    onClick={() => props.collect(rows.map(hitOf))}
                  >
                    {t("map.collect")}
                  </button>
                </p>
              )}
              <ol class="map-list">
                {rows.map((row) => {
                  const number = colouring.names.indexOf(row.class ?? "");
                  const look = looks[number];
                  return (
                    <li key={row.pid}>
                      {look && <SwatchOf look={look} />}
                      <span>
                        <a href={seasonPage(season, ["parcels", row.pid])}>{row.pid}</a>{" "}
                        {[
                          row.crop,
                          colouring.kind !== "crop" && className(colouring.kind, row.class ?? ""),
                        ]
                          .filter(Boolean)
                          .join(" · ")}
                      </span>
                      <button
                        type="button"
                        class="plain"
                        aria-label={t("map.show_parcel", { pid: row.pid })}
                        onClick={() => props.show(hitOf(row))}
                      >
                        {t("map.show")}
                      </button>
                    </li>
                  );
                })}
              </ol>
            </>
          )}
        </Loaded>
      )}
    </Section>
  );
}

function boxed([west, south, east, north]: Box): string {
  return `&west=${west}&south=${south}&east=${east}&north=${north}`;
}
