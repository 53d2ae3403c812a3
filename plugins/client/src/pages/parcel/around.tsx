/** Previous and next of the work list: links, and the place in the list. */

import { seasonApi, seasonPage } from "../../address.ts";
import type { Item } from "../../list.ts";
import { exists } from "../../pages.ts";
import { Failed, useAnswer } from "../../parts/loaded.tsx";
import { num, t } from "../../texts/index.ts";
import type { Around } from "./answers.ts";
import { aroundQuery, itemQuery, placeQuery } from "./walk.ts";

export interface Way {
  previous: string | null;
  next: string | null;
}

/** The neighbours of the parcel in the list that its address names. */
export function useAround(season: string, pid: string) {
  const query = aroundQuery(location.search, pid);
  const url = query === null ? null : `${seasonApi(season, ["work", "around"])}?${query}`;
  const answer = useAnswer<Around>(url);
  const to = (item: Item | null | undefined): string | null =>
    item
      ? `${seasonPage(season, ["parcels", item.pid])}?${itemQuery(location.search, item)}`
      : null;
  const way: Way = { previous: to(answer.data?.previous), next: to(answer.data?.next) };
  return { answer, way, walking: query !== null };
}

export function AroundBar(props: { season: string; around: ReturnType<typeof useAround> }) {
  const { answer, way, walking } = props.around;
  if (!walking) return null;
  return (
    <nav class="around" aria-label={t("parcel.list")}>
      <Step href={way.previous} text={t("parcel.previous")} shortcut="p" />
      <Step href={way.next} text={t("parcel.next")} shortcut="n" />
      {answer.data?.position != null && (
        <span>
          {t("parcel.position", {
            position: num(answer.data.position),
            of: num(answer.data.of),
          })}
        </span>
      )}
      {exists("work") && (
        <a href={seasonPage(props.season, ["work"]) + placeQuery(location.search, answer.data)}>
          {t("parcel.back_to_list")}
        </a>
      )}
      {answer.error && <Failed error={answer.error} again={answer.again} />}
    </nav>
  );
}

function Step({ href, text, shortcut }: { href: string | null; text: string; shortcut: string }) {
  const inside = (
    <>
      {text} <kbd>{shortcut}</kbd>
    </>
  );
  return href ? (
    <a class="button" href={href}>
      {inside}
    </a>
  ) : (
    <span class="button off">{inside}</span>
  );
}
