/** What is declared of the parcel, where it lies, and what is odd about it. */

import { seasonPage } from "../../address.ts";
import { day, num, t, word } from "../../texts/index.ts";
import type { OtherSeason, Parcel } from "./answers.ts";

export function About({ parcel }: { parcel: Parcel }) {
  const { previous_season: before, next_season: after } = parcel;
  return (
    <>
      <p class="about">
        <b>{parcel.crop ?? t("parcel.crop.none")}</b>
        <span>{t("parcel.area", { area: num(Math.round(parcel.area_ha * 100) / 100) })}</span>
        <span>{t("parcel.tile", { tile: parcel.tile })}</span>
        {parcel.holding && <span>{t("parcel.holding", { holding: parcel.holding })}</span>}
        <span>{t("seasons.days", { first: day(parcel.starts), last: day(parcel.ends) })}</span>
      </p>
      <p class="about">
        {before && <SeasonLink pid={parcel.pid} other={before} />}
        {after && <SeasonLink pid={parcel.pid} other={after} />}
        {parcel.flags.map((flag) => (
          <span key={`${flag.card} ${flag.rule} ${flag.reason}`} class="tag">
            {t("parcel.flag", {
              card: word("card", flag.card),
              reason: word("flag", flag.reason),
              pixels: flag.pixels === null ? "–" : num(Math.round(flag.pixels)),
            })}
          </span>
        ))}
        {[parcel.repaired, parcel.note].map(
          (text) =>
            text && (
              <span key={text} class="tag" lang="en">
                {text}
              </span>
            ),
        )}
      </p>
    </>
  );
}

function SeasonLink({ pid, other }: { pid: string; other: OtherSeason }) {
  const crop = other.crop ?? t("parcel.crop.none");
  return (
    <a href={seasonPage(other.name, ["parcels", pid])}>
      {t("parcel.season", { season: other.name, crop })}
    </a>
  );
}
