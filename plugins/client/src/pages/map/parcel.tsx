/** The parcel that was chosen, with the way to its page. */

import type { ComponentChildren } from "preact";
import { seasonPage } from "../../address.ts";
import type { Colouring } from "../../api.ts";
import { Section } from "../../parts/shell.tsx";
import { num, t } from "../../texts/index.ts";
import type { Hit } from "./canvas.tsx";
import { className } from "./words.ts";

export function Chosen(props: {
  season: string;
  hit: Hit;
  colouring: Colouring;
  close: () => void;
  children: ComponentChildren;
}) {
  const { hit, colouring } = props;
  const name = hit.name !== null && colouring.names.includes(hit.name) ? hit.name : null;
  const facts = [
    hit.crop,
    colouring.kind !== "crop" && name !== null ? className(colouring.kind, name) : null,
    hit.area_ha === null ? null : t("map.hectares", { area: num(hit.area_ha) }),
  ];
  return (
    <Section
      id="parcel"
      title="map.parcel"
      aside={
        <button type="button" class="plain" onClick={props.close}>
          {t("dialog.close")}
        </button>
      }
    >
      <p class="map-chosen">
        <a href={seasonPage(props.season, ["parcels", hit.pid])}>{hit.pid}</a>
      </p>
      <p>{facts.filter(Boolean).join(" · ")}</p>
      {props.children}
    </Section>
  );
}
