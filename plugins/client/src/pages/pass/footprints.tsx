/** Where scenes have seen the ground: their outlines, with the degrees at the edges. */

import type { Scene } from "../../api.ts";
import { draw } from "../../footprint.ts";
import { look } from "../../states.ts";
import { num, t, word } from "../../texts/index.ts";
import { passState } from "./state.ts";

export function Footprints({ scenes }: { scenes: readonly Scene[] }) {
  const drawn = draw(scenes.map(({ footprint }) => footprint));
  if (drawn === null) return <p class="empty">{t("passage.footprint.none")}</p>;
  const [west, south, east, north] = drawn.bounds.map((one) => num(Math.round(one * 100) / 100));
  const said = t("passage.footprint.bounds", {
    west: west ?? "",
    south: south ?? "",
    east: east ?? "",
    north: north ?? "",
  });
  return (
    <figure class="footprint">
      <svg
        role="img"
        aria-label={`${t("passage.footprint")}: ${said}`}
        viewBox={`0 0 ${drawn.width} ${drawn.height}`}
        width={drawn.width}
        height={drawn.height}
      >
        {scenes.map(({ obsid, product, status }, at) => {
          const path = drawn.paths[at];
          return (
            path && (
              <path key={obsid} d={path} fill={look("pass", passState(status)).colour}>
                <title>{`${product}: ${word("status", status)}`}</title>
              </path>
            )
          );
        })}
      </svg>
      <figcaption>{said}</figcaption>
    </figure>
  );
}
