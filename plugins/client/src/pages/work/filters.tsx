/** What the list shows: a form of the page's own address, so that a choice can be mailed. */

import { useEffect, useState } from "preact/hooks";
import { seasonApi, seasonPage } from "../../address.ts";
import type { Rows, WorkGroup } from "../../api.ts";
import { config } from "../../config.ts";
import { ask } from "../../fetch.ts";
import { GROUPINGS, type Grouping, type List, listQuery, SORTS, type Sort } from "../../list.ts";
import { t } from "../../texts/index.ts";

const FIELDS = ["crop", "holding", "tile", "scheme"] as const;
/** Names that a field offers. */
const OFFERED = 300;

export function Filters(props: { season: string; list: List; by: Grouping | null }) {
  const { season, by } = props;
  const [list, set] = useState<List>(props.list);
  const [grouped, group] = useState(by);
  const goTo = (event: Event): void => {
    event.preventDefault();
    // A real address: Airflow's own follows it.
    const query = { ...listQuery({ ...list, after: null }), by: grouped };
    location.assign(seasonPage(season, ["work"], query));
  };
  return (
    <form class="choices" onSubmit={goTo}>
      {FIELDS.map((name) => (
        <Named
          key={name}
          season={season}
          name={name}
          value={list[name]}
          set={(value) => set({ ...list, [name]: value })}
        />
      ))}
      <label>
        {t("work.state")}{" "}
        <select
          value={String(list.decided ?? "")}
          onChange={({ currentTarget: { value } }) =>
            set({ ...list, decided: value === "" ? null : value === "true" })
          }
        >
          <option value="">{t("calendar.all")}</option>
          <option value="false">{t("work.to_do")}</option>
          <option value="true">{t("work.decided")}</option>
        </select>
      </label>
      <Assignee value={list.assigned} set={(assigned) => set({ ...list, assigned })} />
      <label>
        {t("work.sort")}{" "}
        <select
          value={list.sort}
          onChange={({ currentTarget: { value } }) =>
            set({ ...list, sort: value as Sort, backwards: false })
          }
        >
          {SORTS.map((one) => (
            <option key={one} value={one}>
              {t(`work.sort.${one}`)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("work.group")}{" "}
        <select
          value={grouped ?? ""}
          onChange={({ currentTarget: { value } }) =>
            group(GROUPINGS.find((one) => one === value) ?? null)
          }
        >
          <option value="">{t("work.group.none")}</option>
          {GROUPINGS.map((one) => (
            <option key={one} value={one}>
              {t(`work.group.${one}`)}
            </option>
          ))}
        </select>
      </label>
      <button type="submit">{t("work.show")}</button>
      <a href={seasonPage(season, ["work"])}>{t("work.reset")}</a>
    </form>
  );
}

/** A field that offers the names there are, those with most left first, once it is used. */
function Named(props: {
  season: string;
  name: (typeof FIELDS)[number];
  value: string | null;
  set: (value: string | null) => void;
}) {
  const { season, name } = props;
  const [used, use] = useState(false);
  const [names, offer] = useState<readonly string[]>([]);
  useEffect(() => {
    if (!used) return;
    const stop = new AbortController();
    const url = seasonApi(season, ["work", "groups"], { by: name, limit: OFFERED });
    ask<Rows<WorkGroup>>(url, stop.signal).then(
      ({ rows }) => offer(rows.map((row) => row.name ?? "").filter(Boolean)),
      // A name can be written without help.
      () => offer([]),
    );
    return () => stop.abort();
  }, [used, season, name]);
  return (
    <label>
      {t(`work.${name}`)}{" "}
      <input
        list={`names-of-${name}`}
        size={12}
        autocomplete="off"
        placeholder={t(props.value === "" ? "work.without" : "calendar.all")}
        value={props.value ?? ""}
        onFocus={() => use(true)}
        onInput={(event) => props.set(event.currentTarget.value || null)}
      />
      <datalist id={`names-of-${name}`}>
        {names.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </label>
  );
}

function Assignee(props: { value: string | null; set: (value: string | null) => void }) {
  const { value, set } = props;
  const other = value !== null && value !== "" && value !== config.user;
  // "=" stands before a name: one may be called like another choice.
  const chosen = value === null ? "" : value === "" ? "nobody" : `=${value}`;
  return (
    <label>
      {t("work.assignee")}{" "}
      <select
        value={chosen}
        onChange={({ currentTarget: { value: now } }) =>
          set(now === "" ? null : now === "nobody" ? "" : now.slice(1))
        }
      >
        <option value="">{t("calendar.all")}</option>
        {config.user && <option value={`=${config.user}`}>{t("work.assignee.me")}</option>}
        <option value="nobody">{t("work.assignee.nobody")}</option>
        {other && <option value={`=${value}`}>{value}</option>}
      </select>
    </label>
  );
}
