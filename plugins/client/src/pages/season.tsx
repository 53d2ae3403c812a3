/** The season at a glance: passes, calendar, answers, work, what runs, and the proof. */

import { useEffect } from "preact/hooks";
import { seasonApi } from "../address.ts";
import type { SeasonSummary } from "../api.ts";
import { config } from "../config.ts";
import { Loaded, useAnswer, useRefresh } from "../parts/loaded.tsx";
import { Heading } from "../parts/shell.tsx";
import { start } from "../start.tsx";
import { count, day, t, time } from "../texts/index.ts";
import { Answers } from "./season/answers.tsx";
import { CalendarSection } from "./season/calendar.tsx";
import { Gaps } from "./season/gaps.tsx";
import { Passes } from "./season/months.tsx";
import { Now } from "./season/now.tsx";

const REFRESH_S = 20;

function Season() {
  const season = config.season ?? "";
  const answer = useAnswer<SeasonSummary>(seasonApi(season));
  useRefresh(answer.again, answer.data?.running.length ? REFRESH_S : null);
  const there = answer.data !== null;
  useEffect(() => {
    // What the address points at is there only now.
    if (there && location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }, [there]);
  return (
    <>
      <Heading title={t("app.season", { season })}>
        {answer.data && <About summary={answer.data} />}
      </Heading>
      <Loaded of={answer}>
        {(summary) => (
          <>
            <Now summary={summary} />
            <Answers summary={summary} />
            <Passes summary={summary} />
            <CalendarSection season={summary} />
            <Gaps summary={summary} />
          </>
        )}
      </Loaded>
    </>
  );
}

function About({ summary }: { summary: SeasonSummary }) {
  return (
    <p class="about">
      <span>{t("seasons.days", { first: day(summary.starts), last: day(summary.ends) })}</span>
      <span>{count("season.parcels", summary.parcels)}</span>
      {summary.simulated && <span class="tag">{t("app.simulated")}</span>}
      <span>{t("season.as_of", { time: time(summary.at) })}</span>
    </p>
  );
}

start(Season);
