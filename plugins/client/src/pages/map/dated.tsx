/** The images of the chosen parcel by date, laid on the map at their place. */

import { useEffect, useMemo, useState } from "preact/hooks";
import { seasonApi } from "../../address.ts";
import { config } from "../../config.ts";
import { type Corners, type Laid, near } from "../../map/laid.ts";
import type { MapState } from "../../map/state.ts";
import { Empty, Failed, Loaded, Loading, useAnswer } from "../../parts/loaded.tsx";
import { absolute } from "../../parts/maplibre.ts";
import { count, day, percent, t, time } from "../../texts/index.ts";
import type { Frame, Look, Looks } from "../parcel/answers.ts";
import { firstPair, placeOf, type Strip, stripsOf } from "../parcel/images.ts";
import { SensorChoice } from "../parcel/sensors.tsx";
import type { Hit } from "./canvas.tsx";

const WAIT_MS = 200;

/** Where the image of a date lies. */
interface Place extends Frame {
  obsid: number;
  corners: Corners;
}

interface Asked {
  season: string;
  hit: Hit;
  state: MapState;
  change: (more: Partial<MapState>) => void;
  lay: (laid: Laid | null) => void;
  /** Address of an image that did not come. */
  failed: string | null;
}

export function Dated(props: Asked) {
  const { state, change } = props;
  const open = state.strip !== null;
  return (
    <>
      <label class="map-check">
        <input
          type="checkbox"
          checked={open}
          onChange={() => {
            // Optical images first; a parcel without them shows what there is.
            change({ strip: open ? null : "s2", at: null });
          }}
        />
        <span>{t("map.dated")}</span>
      </label>
      {open && <Dates {...props} />}
    </>
  );
}

function Dates(props: Asked) {
  const { season, hit, lay } = props;
  const answer = useAnswer<Looks>(seasonApi(season, ["parcels", hit.pid, "chips"]));
  useEffect(() => () => lay(null), [lay]);
  return (
    <Loaded of={answer}>
      {({ rows }) => {
        const shown = rows.filter(({ why_not }) => why_not === null);
        return (
          <>
            {shown.length > 0 && <OfStrip {...props} strips={stripsOf(shown)} />}
            {shown.length === 0 && <Empty>{t("map.dated.none")}</Empty>}
            {shown.length < rows.length && (
              <p class="hint">{count("map.dated.without", rows.length - shown.length)}</p>
            )}
          </>
        );
      }}
    </Loaded>
  );
}

function OfStrip(props: Asked & { strips: readonly Strip[] }) {
  const { hit, state, change, lay, failed, strips } = props;
  const strip = strips.find(({ key }) => key === state.strip) ?? strips[0];
  const looks = strip?.looks ?? [];
  const place = state.at ? placeOf(looks, state.at) : firstPair(looks, () => false)[1];
  const look = looks[place];
  const [opacity, setOpacity] = useState(1);
  const [settled, settle] = useState<Look | undefined>(look);
  useEffect(() => {
    const timer = setTimeout(() => settle(look), WAIT_MS);
    return () => clearTimeout(timer);
  }, [look]);
  const about = useAnswer<Place>(settled ? config.root + settled.about : null);
  const own = about.data && about.data.obsid === settled?.obsid ? about.data : null;
  const laid = useMemo(
    () =>
      own && settled
        ? { url: absolute(settled.image), corners: near(own.corners, hit.longitude) }
        : null,
    [own, settled, hit.longitude],
  );
  useEffect(() => {
    // Until it is known where the next one lies, the last one stays.
    if (laid) lay({ ...laid, opacity });
    else if (about.error) lay(null);
  }, [laid, opacity, about.error, lay]);
  if (!strip || !look) return null;
  return (
    <div class="map-choices">
      {strips.length > 1 && (
        <SensorChoice strips={strips} strip={strip} choose={(key) => change({ strip: key })} />
      )}
      <p>
        <b>{time(look.at)}</b> {look.satellite}
        {look.clear_share !== null &&
          ` · ${t("parcel.clear", { share: percent(look.clear_share) })}`}
      </p>
      <label>
        <span>{t("map.dated.date")}</span>
        <input
          type="range"
          min={0}
          max={looks.length - 1}
          value={place}
          aria-valuetext={day(look.day)}
          disabled={looks.length < 2}
          onInput={(event) => change({ at: looks[Number(event.currentTarget.value)]?.at ?? null })}
        />
      </label>
      <label>
        <span>{t("map.dated.opacity")}</span>
        <input
          type="range"
          min={0}
          max={100}
          step={5}
          value={Math.round(opacity * 100)}
          aria-valuetext={percent(opacity)}
          onInput={(event) => setOpacity(Number(event.currentTarget.value) / 100)}
        />
      </label>
      {about.error && <Failed error={about.error} again={about.again} />}
      {laid && laid.url === failed && (
        <p role="status">
          {t("parcel.image.missing")} {t("parcel.image.failed")}
        </p>
      )}
      {!own && !about.error && <Loading />}
    </div>
  );
}
