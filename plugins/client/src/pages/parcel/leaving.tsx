/** The choice of looks that are left out, and the note that names them. */

import { useCallback, useState } from "preact/hooks";
import { keepAddress } from "../../parts/own_address.ts";
import { day, t } from "../../texts/index.ts";
import type { AllSeries, Look } from "./answers.ts";
import { leftOutOf, turned, withLeftOut } from "./left_out.ts";
import { sensorOf } from "./wording.ts";

/** What the reader leaves out, and how that is changed. */
export interface Leaving {
  leftOut: ReadonlySet<number>;
  turn: (obsid: number) => void;
  showAll: () => void;
}

/** A look as the note names it. */
export interface Named {
  obsid: number;
  at: string;
  sensor: string;
}

export function useLeaving(): Leaving {
  const [leftOut, set] = useState(() => leftOutOf(location.search));
  const change = useCallback((next: ReadonlySet<number>) => {
    set(next);
    keepAddress(withLeftOut(location.search, next) + location.hash);
  }, []);
  return {
    leftOut,
    turn: (obsid) => change(turned(leftOut, obsid)),
    showAll: () => change(new Set()),
  };
}

/** Which of the looks that are known here are left out. */
export function LeftOutNote(props: { looks: readonly Named[]; leaving: Leaving }) {
  const { leftOut, turn, showAll } = props.leaving;
  const known = props.looks.filter(({ obsid }) => leftOut.has(obsid));
  if (known.length === 0) return null;
  return (
    <div class="note left-out">
      <p>{t("parcel.left_out")}:</p>
      <ul>
        {known.map(({ obsid, at, sensor }) => {
          const what = `${day(at)}, ${sensor}`;
          return (
            <li key={obsid}>
              {what}{" "}
              <button
                type="button"
                class="plain"
                aria-label={t("parcel.left_out.again", { what })}
                onClick={() => turn(obsid)}
              >
                {t("map.show")}
              </button>
            </li>
          );
        })}
      </ul>
      <p class="actions">
        <button type="button" onClick={showAll}>
          {t("parcel.left_out.all")}
        </button>
      </p>
      <p class="hint">{t("parcel.left_out.hint")}</p>
    </div>
  );
}

/** Every look of some series once, in order of time. */
export function looksOfSeries({ series }: Pick<AllSeries, "series">): Named[] {
  const found = new Map<number, Named>();
  for (const { card, direction, observations } of series) {
    const sensor = sensorOf(card, card === "s2" ? null : direction);
    observations.obsid.forEach((obsid, index) => {
      const at = observations.time[index] ?? "";
      // A series of one direction names it better than that of both.
      if (obsid !== null && (direction !== "*" || !found.has(obsid))) {
        found.set(obsid, { obsid, at, sensor });
      }
    });
  }
  return [...found.values()].sort((one, other) => one.at.localeCompare(other.at));
}

/** The looks of the calendar. */
export function looksOfImages(looks: readonly Look[]): Named[] {
  return looks.map(({ obsid, at, card, direction }) => ({
    obsid,
    at,
    sensor: sensorOf(card, card === "s2" ? null : direction),
  }));
}
