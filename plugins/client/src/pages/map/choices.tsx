/** What the map shows: its colours, filters, and what lies behind and above the parcels. */

import { useEffect, useState } from "preact/hooks";
import type { Colouring, ImageLayer, SeasonMap } from "../../api.ts";
import type { Cells, MapState } from "../../map/state.ts";
import { Section } from "../../parts/shell.tsx";
import { day, t, word } from "../../texts/index.ts";
import { colouringName } from "./words.ts";

export function Choices(props: {
  about: SeasonMap;
  images: readonly ImageLayer[];
  /** Sensors of which no product is stored. */
  missing: readonly string[];
  state: MapState;
  colouring: Colouring;
  change: (more: Partial<MapState>) => void;
}) {
  const { about, state, colouring, change } = props;
  const crops = about.colourings.find(({ kind }) => kind === "crop")?.names.filter(Boolean) ?? [];
  const judged = about.colourings.some(({ kind }) => kind === "verdict");
  return (
    <Section id="choices" title="map.shown">
      <form class="map-choices" onSubmit={(event) => event.preventDefault()}>
        <label>
          <span>{t("map.colour")}</span>
          <select
            value={colouring.key}
            onChange={(event) => change({ colour: event.currentTarget.value, hidden: [] })}
          >
            {about.colourings.map((one) => (
              <option key={one.key} value={one.key}>
                {colouringName(one)}
              </option>
            ))}
          </select>
        </label>
        <Choice
          label={t("map.crop")}
          value={state.crop}
          options={crops}
          none={t("calendar.all")}
          set={(crop) => change({ crop })}
        />
        <Choice
          label={t("calendar.tile")}
          value={state.tile}
          options={about.tiles}
          none={t("calendar.all")}
          set={(tile) => change({ tile })}
        />
        {about.holding_attribute && (
          <Holding value={state.holding} set={(holding) => change({ holding })} />
        )}
        {about.backgrounds.length > 0 && (
          <Choice
            label={t("map.background")}
            value={state.background}
            options={about.backgrounds.map(({ name }) => name)}
            none={t("map.background.none")}
            set={(background) => change({ background })}
          />
        )}
        {props.images.length > 0 && (
          <label>
            <span>{t("map.image")}</span>
            <select
              value={state.image ?? ""}
              onChange={(event) => change({ image: event.currentTarget.value || null })}
            >
              <option value="">{t("map.background.none")}</option>
              {props.images.map(({ sensor, newest_at }) => (
                <option key={sensor} value={sensor}>
                  {t("map.image.of", {
                    sensor: word("map_sensor", sensor),
                    day: day(newest_at ?? ""),
                  })}
                </option>
              ))}
            </select>
          </label>
        )}
        {colouring.marked.length > 0 && (
          <label>
            <span>{t("map.cells")}</span>
            <select
              value={state.cells}
              onChange={(event) => change({ cells: event.currentTarget.value as Cells })}
            >
              <option value="class">{t("map.cells.class")}</option>
              <option value="share">{t("map.cells.share")}</option>
            </select>
          </label>
        )}
        {judged && colouring.kind !== "verdict" && (
          <label class="map-check">
            <input
              type="checkbox"
              checked={state.outliers}
              onChange={(event) => change({ outliers: event.currentTarget.checked })}
            />
            <span>{t("map.outliers")}</span>
          </label>
        )}
      </form>
      {!judged && <p class="hint">{t("map.not_judged")}</p>}
      {props.missing.length > 0 && (
        <p class="hint">
          {t("map.image.missing", {
            sensors: props.missing.map((one) => word("map_sensor", one)).join(", "),
          })}
        </p>
      )}
    </Section>
  );
}

function Choice(props: {
  label: string;
  value: string | null;
  options: readonly string[];
  none: string;
  set: (value: string | null) => void;
}) {
  return (
    <label>
      <span>{props.label}</span>
      <select
        value={props.value ?? ""}
        onChange={(event) => props.set(event.currentTarget.value || null)}
      >
        <option value="">{props.none}</option>
        {/* An address may name one that the list does not have. */}
        {props.value && !props.options.includes(props.value) && (
          <option value={props.value}>{props.value}</option>
        )}
        {props.options.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </select>
    </label>
  );
}

/** A holding is written, not chosen: there are too many. It counts once the field is left. */
function Holding({ value, set }: { value: string | null; set: (value: string | null) => void }) {
  const [text, write] = useState(value ?? "");
  useEffect(() => write(value ?? ""), [value]);
  return (
    <label>
      <span>{t("map.holding")}</span>
      <input
        name="holding"
        value={text}
        onInput={(event) => write(event.currentTarget.value)}
        onChange={(event) => set(event.currentTarget.value.trim() || null)}
      />
    </label>
  );
}
