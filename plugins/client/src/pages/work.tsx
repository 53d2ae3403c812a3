/** The work list: what a person should look at, filtered, sorted, grouped, shared out. */

import { useMemo } from "preact/hooks";
import { config } from "../config.ts";
import { GROUPINGS, listOf } from "../list.ts";
import { Heading } from "../parts/shell.tsx";
import { start } from "../start.tsx";
import { t } from "../texts/index.ts";
import { Filters } from "./work/filters.tsx";
import { Groups } from "./work/groups.tsx";
import { Kinds } from "./work/kinds.tsx";
import { Listed } from "./work/listed.tsx";

function Work() {
  const season = config.season ?? "";
  const list = useMemo(() => listOf(location.search), []);
  const asked = new URLSearchParams(location.search).get("by");
  const by = GROUPINGS.find((one) => one === asked) ?? null;
  return (
    <>
      <Heading title={t("page.work")} />
      <Kinds season={season} list={list} by={by} />
      <Filters season={season} list={list} by={by} />
      {by === null ? (
        <Listed season={season} list={list} />
      ) : (
        <Groups season={season} list={list} by={by} />
      )}
    </>
  );
}

start(Work);
