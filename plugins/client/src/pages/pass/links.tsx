/** Links from product to product: what it was made of, and what was made of it. */

import { seasonPage } from "../../address.ts";
import type { SceneLink } from "../../api.ts";
import { t, word } from "../../texts/index.ts";

export function ProductLink(props: { season: string; obsid: number; name: string }) {
  return <a href={seasonPage(props.season, ["products", props.obsid])}>{props.name}</a>;
}

/** Whether roles say something: what was made of one image has no second. */
export function inPairs(links: readonly Pick<SceneLink, "role">[]): boolean {
  return links.some(({ role }) => role === "secondary");
}

export function Links({ season, links }: { season: string; links: readonly SceneLink[] }) {
  if (links.length === 0) return <p class="empty">{t("passage.none")}</p>;
  return (
    <ul>
      {links.map(({ obsid, product, role }) => (
        <li key={`${obsid} ${role}`}>
          <ProductLink season={season} obsid={obsid} name={product} />
          {inPairs(links) && ` (${word("role", role)})`}
        </li>
      ))}
    </ul>
  );
}
