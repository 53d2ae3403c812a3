/** The list of seasons: where everything begins. */

import { address, seasonPage } from "../address.ts";
import type { Rows, SeasonRow } from "../api.ts";
import { Empty, Loaded, useAnswer } from "../parts/loaded.tsx";
import { Heading } from "../parts/shell.tsx";
import { start } from "../start.tsx";
import { count, day, num, t } from "../texts/index.ts";

function Seasons() {
  const answer = useAnswer<Rows<SeasonRow>>(address(["api", "v1", "seasons"]));
  return (
    <>
      <Heading title={t("page.seasons")} />
      <Loaded of={answer}>{({ rows }) => <List rows={rows} />}</Loaded>
    </>
  );
}

function List({ rows }: { rows: readonly SeasonRow[] }) {
  if (rows.length === 0) {
    return (
      <Empty>
        {t("seasons.none")} {t("seasons.none.hint")}
      </Empty>
    );
  }
  const newest = [...rows].sort((one, other) => other.starts.localeCompare(one.starts));
  return (
    <ul class="cards">
      {newest.map((row) => (
        <li key={row.name}>
          <a href={seasonPage(row.name)}>
            <b>{row.name}</b>
            <span>{t("seasons.days", { first: day(row.starts), last: day(row.ends) })}</span>
            <span>{count("season.parcels", row.parcels)}</span>
            <span>
              {count("seasons.gaps", row.gaps_open)}
              {row.gaps_late > 0 && `, ${t("seasons.late", { count: num(row.gaps_late) })}`}
            </span>
            {row.last_day && <span>{t("seasons.last_day", { day: day(row.last_day) })}</span>}
            {row.list_made_at && <span>{t("seasons.list", { day: day(row.list_made_at) })}</span>}
          </a>
        </li>
      ))}
    </ul>
  );
}

start(Seasons);
