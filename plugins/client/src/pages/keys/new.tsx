/** The form of a new key: read-only and for all seasons of its user, unless one asks for else. */

import { useState } from "preact/hooks";
import { address } from "../../address.ts";
import type { KeyMade, Rows, SeasonRow } from "../../api.ts";
import { config, type Right } from "../../config.ts";
import { type ApiError, known, tell } from "../../fetch.ts";
import { Failed, useAnswer } from "../../parts/loaded.tsx";
import { count, t, word } from "../../texts/index.ts";

const DAYS = [7, 30, 90, 366];
const USUAL_DAYS = 90;
const MOST_LABEL = 80;

export function NewKey({ done }: { done: (made: KeyMade) => void }) {
  const [label, setLabel] = useState("");
  const [days, setDays] = useState(USUAL_DAYS);
  const [rights, setRights] = useState<readonly Right[]>(["read"]);
  const [seasons, setSeasons] = useState<readonly string[]>([]);
  const [busy, setBusy] = useState(false);
  const [error, fail] = useState<ApiError | null>(null);
  const there = useAnswer<Rows<SeasonRow>>(address(["api", "v1", "seasons"]));
  const names = there.data?.rows.map(({ name }) => name) ?? [];
  const make = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    fail(null);
    const wish = { label: label.trim(), days, rights, seasons: seasons.length ? seasons : null };
    try {
      done(await tell<KeyMade>(address(["api", "v1", "keys"]), wish));
      setLabel("");
    } catch (failure) {
      fail(known(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={make}>
      <p class="choices">
        <label>
          {t("apikey.label")}{" "}
          <input
            required
            size={30}
            maxLength={MOST_LABEL}
            placeholder={t("apikey.label.example")}
            value={label}
            onInput={(event) => setLabel(event.currentTarget.value)}
          />
        </label>
        <label>
          {t("apikey.lasts")}{" "}
          <select value={days} onChange={(event) => setDays(Number(event.currentTarget.value))}>
            {DAYS.map((one) => (
              <option key={one} value={one}>
                {count("apikey.days", one)}
              </option>
            ))}
          </select>
        </label>
      </p>
      <Ticks
        legend={t("apikey.rights")}
        names={config.rights}
        show={(right) => word("right", right)}
        always="read"
        ticked={rights}
        tick={(now) => setRights(now as Right[])}
      />
      {names.length > 0 && (
        <Ticks
          legend={t("apikey.only_seasons")}
          names={names}
          show={(name) => name}
          ticked={seasons}
          tick={setSeasons}
        />
      )}
      <p class="actions">
        <button type="submit" disabled={busy || !label.trim()}>
          {t("apikey.make")}
        </button>
      </p>
      {error && <Failed error={error} />}
    </form>
  );
}

function Ticks(props: {
  legend: string;
  names: readonly string[];
  show: (name: string) => string;
  /** One that cannot be taken away. */
  always?: string;
  ticked: readonly string[];
  tick: (names: string[]) => void;
}) {
  const { names, ticked, always } = props;
  const turn = (name: string): void =>
    props.tick(names.filter((one) => ticked.includes(one) !== (one === name)));
  return (
    <fieldset class="ticks">
      <legend>{props.legend}</legend>
      {names.map((name) => (
        <label key={name}>
          <input
            type="checkbox"
            checked={ticked.includes(name)}
            disabled={name === always}
            onChange={() => turn(name)}
          />{" "}
          {props.show(name)}
        </label>
      ))}
    </fieldset>
  );
}
