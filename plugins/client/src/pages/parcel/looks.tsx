/** Images of the parcel: two dates side by side, a slider over all, and the calendar of the season. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { seasonApi } from "../../address.ts";
import { config } from "../../config.ts";
import { Empty, Failed, Loaded, Loading, useAnswer } from "../../parts/loaded.tsx";
import { Section } from "../../parts/shell.tsx";
import { day, num, percent, t, time, word } from "../../texts/index.ts";
import type { Blame, Look, Looks, MarkerState, Parcel } from "./answers.ts";
import { Calendar, type Why } from "./calendar.tsx";
import {
  firstPair,
  inBands,
  isClear,
  placeOf,
  type Reason,
  type Strip,
  stripsOf,
  whyDecisive,
} from "./images.ts";
import { type Leaving, LeftOutNote, looksOfImages } from "./leaving.tsx";
import { type Drawn, Picture } from "./picture.tsx";
import { PixelsOf } from "./pixels.tsx";
import { SensorChoice } from "./sensors.tsx";
import { besideInWords, directionOf } from "./wording.ts";

type Side = 0 | 1;

export function LooksSection(props: {
  parcel: Parcel;
  markers: readonly MarkerState[];
  blame: readonly Blame[];
  leaving: Leaving;
}) {
  const { parcel, markers, blame, leaving } = props;
  const [bands, setBands] = useState<string | null>(null);
  const [below, setBelow] = useState<string | null>(null);
  const url = (of: string | null): string =>
    seasonApi(parcel.season, ["parcels", parcel.pid, "chips"], { bands: of });
  const answer = useAnswer<Looks>(url(bands));
  const second = useAnswer<Looks>(below && url(below));
  const twins = useMemo(() => inBands(second.data?.rows ?? [], below), [second.data, below]);
  const why: Why = (look) =>
    whyDecisive(look, markers, blame, {
      event: besideInWords,
      blame: (band) => t("parcel.decides.blame", { band }),
    });
  return (
    <Section id="images" title="parcel.images" hint="parcel.images.hint">
      <Loaded of={answer}>
        {(data) =>
          data.rows.length === 0 ? (
            <Empty>{t("parcel.images.none")}</Empty>
          ) : (
            <>
              <LeftOutNote looks={looksOfImages(data.rows)} leaving={leaving} />
              <Images
                data={data}
                why={why}
                bands={bands}
                setBands={setBands}
                below={below}
                setBelow={setBelow}
                twins={twins}
                leaving={leaving}
              />
              {below && second.error && <Failed error={second.error} again={second.again} />}
              {below && !second.error && second.data === null && <Loading />}
            </>
          )
        }
      </Loaded>
    </Section>
  );
}

function Images(props: {
  data: Looks;
  why: Why;
  bands: string | null;
  setBands: (bands: string) => void;
  below: string | null;
  setBelow: (bands: string | null) => void;
  /** Images in the second colours, by scene. */
  twins: ReadonlyMap<number, Look>;
  leaving: Leaving;
}) {
  const { data, why, bands, setBands, below, setBelow, twins, leaving } = props;
  const strips = useMemo(() => stripsOf(data.rows), [data.rows]);
  const [key, setKey] = useState(strips[0]?.key ?? "");
  const strip = strips.find((one) => one.key === key) ?? strips[0];
  const [outlined, setOutlined] = useState(true);
  const [clearOnly, setClearOnly] = useState(false);
  const [masked, setMasked] = useState(false);
  if (!strip) return null;
  const optical = strip.card === "s2";
  const kept = strip.looks.filter(({ obsid }) => !leaving.leftOut.has(obsid));
  const looks = clearOnly && optical ? kept.filter(isClear) : kept;
  const sets = [...new Set(strip.looks.flatMap((look) => look.band_sets))];
  const present = strip.looks[0]?.bands ?? bands ?? "";
  const others = sets.filter((name) => name !== present);
  return (
    <>
      <form class="choices" onSubmit={(event) => event.preventDefault()}>
        <SensorChoice strips={strips} strip={strip} choose={setKey} />
        {sets.length > 1 && (
          <label>
            {t("parcel.colours")}{" "}
            <select value={present} onChange={(event) => setBands(event.currentTarget.value)}>
              {sets.map((name) => (
                <option key={name} value={name}>
                  {word("bands", name)}
                </option>
              ))}
            </select>
          </label>
        )}
        {others.length > 0 && (
          <label>
            {t("parcel.colours.below")}{" "}
            <select
              name="below"
              value={below !== null && others.includes(below) ? below : ""}
              onChange={(event) => setBelow(event.currentTarget.value || null)}
            >
              <option value="">{t("parcel.colours.none")}</option>
              {others.map((name) => (
                <option key={name} value={name}>
                  {word("bands", name)}
                </option>
              ))}
            </select>
          </label>
        )}
        <label>
          <input
            type="checkbox"
            checked={outlined}
            onChange={() => setOutlined(!outlined)}
            name="outline"
          />{" "}
          {t("parcel.outline")}
        </label>
        {optical && (
          <label>
            <input
              type="checkbox"
              checked={masked}
              onChange={() => setMasked(!masked)}
              name="masked"
            />{" "}
            {t("parcel.masked")}
          </label>
        )}
        {optical && (
          <label>
            <input
              type="checkbox"
              checked={clearOnly}
              onChange={() => setClearOnly(!clearOnly)}
              name="clear"
            />{" "}
            {t("parcel.clear_only", {
              left: num(kept.length - kept.filter(isClear).length),
            })}
          </label>
        )}
      </form>
      {looks.length === 0 ? (
        <Empty>{t(kept.length > 0 ? "parcel.clear_only.none" : "parcel.left_out.none")}</Empty>
      ) : (
        <Pair
          key={strip.key}
          strip={{ ...strip, looks }}
          why={why}
          drawn={{ outlined, masked: masked && optical }}
          twins={twins}
          leaving={leaving}
        />
      )}
      {data.notes.map((text) => (
        <p key={text} class="note" lang={data.language ?? "en"}>
          {text}
        </p>
      ))}
    </>
  );
}

function Pair(props: {
  strip: Strip;
  why: Why;
  drawn: Drawn;
  twins: ReadonlyMap<number, Look>;
  leaving: Leaving;
}) {
  const { strip, why, drawn, twins, leaving } = props;
  const { looks } = strip;
  // Moments, not places: which looks are shown may change.
  const [chosen, choose] = useState<readonly [string, string] | null>(null);
  // What is decisive may be known later than the looks.
  const places: readonly [number, number] = chosen
    ? [placeOf(looks, chosen[0]), placeOf(looks, chosen[1])]
    : firstPair(looks, (look) => why(look).length > 0);
  const setPlaces = ([left, right]: readonly [number, number]): void =>
    choose([looks[left]?.at ?? "", looks[right]?.at ?? ""]);
  const [side, setSide] = useState<Side>(0);
  const put = (at: Side, place: number): void => {
    setSide(at);
    setPlaces(at === 0 ? [place, places[1]] : [places[0], place]);
  };
  return (
    <>
      <div class="pair">
        {([0, 1] as const).map((at) => (
          <Pane
            key={at}
            side={at}
            looks={looks}
            place={places[at]}
            put={(place) => put(at, place)}
            why={why}
            drawn={drawn}
            twins={twins}
            leaveOut={(obsid) => {
              // The other date stays where it is.
              setPlaces(places);
              leaving.turn(obsid);
            }}
          />
        ))}
      </div>
      <fieldset class="layers">
        <legend>{t("parcel.click")}</legend>
        {([0, 1] as const).map((at) => (
          <label key={at}>
            <input type="radio" name="side" checked={side === at} onChange={() => setSide(at)} />
            {t(at === 0 ? "parcel.left" : "parcel.right")}
          </label>
        ))}
        <Play move={() => put(side, (places[side] + 1) % looks.length)} />
      </fieldset>
      <Calendar strip={strip} why={why} places={places} put={(place) => put(side, place)} />
    </>
  );
}

const STEP_MS = 900;

/** All dates one after the other, from the one that is shown on. */
function Play({ move }: { move: () => void }) {
  const [playing, play] = useState(false);
  const newest = useRef(move);
  newest.current = move;
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => newest.current(), STEP_MS);
    return () => clearInterval(timer);
  }, [playing]);
  return (
    <button type="button" aria-pressed={playing} onClick={() => play(!playing)}>
      {t(playing ? "parcel.play.stop" : "parcel.play")}
    </button>
  );
}

function Pane(props: {
  side: Side;
  looks: readonly Look[];
  place: number;
  put: (place: number) => void;
  why: Why;
  drawn: Drawn;
  twins: ReadonlyMap<number, Look>;
  leaveOut: (obsid: number) => void;
}) {
  const { side, looks, place, put, why, drawn, twins, leaveOut } = props;
  const look = looks[place];
  if (!look) return null;
  // One in the same colours would be the same image.
  const twin = twins.get(look.obsid);
  const below = twin && twin.bands !== look.bands ? twin : null;
  const label = t(side === 0 ? "parcel.left" : "parcel.right");
  const decisive = why(look);
  return (
    <div class="pane">
      <p class="pane-head">
        <b>{time(look.at)}</b> {look.satellite} {directionOf(look.direction)}
        {look.clear_share !== null && (
          <span>{t("parcel.clear", { share: percent(look.clear_share) })}</span>
        )}
        {look.ndvi !== null && <span>NDVI {num(Math.round(look.ndvi * 100) / 100)}</span>}
      </p>
      {below && <p class="fine">{word("bands", look.bands)}</p>}
      <Picture look={look} drawn={drawn} />
      {below && (
        <>
          <p class="fine">{word("bands", below.bands)}</p>
          <Picture look={below} drawn={drawn} />
        </>
      )}
      <input
        type="range"
        min={0}
        max={looks.length - 1}
        value={place}
        aria-label={t("parcel.slider", { side: label })}
        aria-valuetext={day(look.day)}
        disabled={looks.length < 2}
        onInput={(event) => put(Number(event.currentTarget.value))}
      />
      <p class="fine">
        <button type="button" class="plain" onClick={() => leaveOut(look.obsid)}>
          {t("parcel.leave_out", { day: day(look.day) })}
        </button>
      </p>
      <Reasons of={decisive} />
      {look.why_not === null && (
        <a class="raw" href={config.root + look.renew} download>
          {t("parcel.image.raw")}
        </a>
      )}
      {look.why_not === null && look.card === "s2" && <PixelsOf key={look.obsid} look={look} />}
    </div>
  );
}

/** Why a date is decisive, a sentence for each reason. */
function Reasons({ of: reasons }: { of: readonly Reason[] }) {
  if (reasons.length === 0) return <p class="told" />;
  return (
    <ul class="reasons">
      {reasons.map(({ text, english }) => (
        <li key={text} class="sentence" lang={english ? "en" : undefined}>
          {text}
        </li>
      ))}
    </ul>
  );
}
