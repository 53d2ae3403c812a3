/** The legend: what each colour means, how many parcels and hectares it has; a click hides it. */

import type { Colouring, MapClass } from "../../api.ts";
import { toggled } from "../../map/state.ts";
import { Empty, Loading } from "../../parts/loaded.tsx";
import { Section } from "../../parts/shell.tsx";
import { SwatchOf } from "../../parts/state.tsx";
import type { Look } from "../../states.ts";
import { num, t } from "../../texts/index.ts";
import { className } from "./words.ts";

export function Classes(props: {
  colouring: Colouring;
  looks: readonly Look[];
  rows: readonly MapClass[] | null;
  hidden: readonly string[];
  hide: (hidden: readonly string[]) => void;
}) {
  const { colouring, looks, rows, hidden, hide } = props;
  const all = colouring.names;
  return (
    <Section
      id="legend"
      title="map.legend"
      aside={
        <span class="map-all">
          <button type="button" class="plain" onClick={() => hide([])}>
            {t("map.show_all")}
          </button>{" "}
          <button type="button" class="plain" onClick={() => hide(all)}>
            {t("map.hide_all")}
          </button>
        </span>
      }
    >
      {rows === null && <Loading />}
      {rows?.length === 0 && <Empty>{t("map.none")}</Empty>}
      {rows && rows.length > 0 && (
        <table class="map-classes">
          <thead>
            <tr>
              <th scope="col">{t("map.class")}</th>
              <th scope="col" class="number">
                {t("gaps.parcels")}
              </th>
              <th scope="col" class="number">
                {t("map.area")}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.name}>
                <td class="legend">
                  <button
                    type="button"
                    class="plain"
                    aria-pressed={!hidden.includes(row.name)}
                    onClick={() => hide(toggled(hidden, row.name))}
                  >
                    {looks[row.class] && <SwatchOf look={looks[row.class] as Look} />}
                    {className(colouring.kind, row.name)}
                  </button>
                </td>
                <td class="number">{num(row.parcels)}</td>
                <td class="number">{num(Math.round(row.area_ha))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}
