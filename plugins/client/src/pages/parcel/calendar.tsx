/** The calendar of images: every date of a sensor, month by month. */

import { Scroll } from "../../parts/scroll.tsx";
import { day, month, percent, t } from "../../texts/index.ts";
import type { Look } from "./answers.ts";
import { monthsOf, type Reason, type Strip } from "./images.ts";
import { Thumbnail } from "./picture.tsx";
import { sensorOf } from "./wording.ts";

/** Why a date is decisive. */
export type Why = (look: Look) => Reason[];

export function Calendar(props: {
  strip: Strip;
  why: Why;
  places: readonly [number, number];
  put: (place: number) => void;
}) {
  const { strip, why, places, put } = props;
  return (
    <Scroll label={t("parcel.images.calendar", { sensor: sensorOf(strip.card, strip.direction) })}>
      <table class="images">
        <tbody>
          {monthsOf(strip.looks).map((one) => (
            <tr key={one.month}>
              <th scope="row">{month(`${one.month}-01`)}</th>
              <td>
                {one.looks.map((look) => {
                  const place = strip.looks.indexOf(look);
                  return (
                    <Cell
                      key={look.obsid}
                      look={look}
                      decisive={why(look)}
                      pressed={places.includes(place)}
                      put={() => put(place)}
                    />
                  );
                })}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Cell(props: { look: Look; decisive: Reason[]; pressed: boolean; put: () => void }) {
  const { look, decisive, pressed, put } = props;
  const share = look.clear_share;
  const reasons = decisive.map(({ text }) => text);
  const title = [look.satellite, ...reasons, look.why_not ?? ""].filter(Boolean).join("; ");
  return (
    <button
      type="button"
      class={`image plain${decisive.length > 0 ? " decisive" : ""}`}
      aria-pressed={pressed}
      title={title}
      onClick={put}
    >
      <Thumbnail look={look} />
      <span>
        {decisive.length > 0 && <b>★ </b>}
        {day(look.day).replace(/\s*\d{4}$/, "")}
        {share !== null && share < 0.995 && <small> {percent(share)}</small>}
      </span>
      {decisive.length > 0 && <span class="hidden">{t("parcel.decisive")}</span>}
    </button>
  );
}
