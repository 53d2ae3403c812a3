/** The table of items: which parcel, why it is here, what is known of it, who has it. */

import type { ComponentChildren } from "preact";
import { seasonPage } from "../../address.ts";
import type { WorkRow } from "../../api.ts";
import { config } from "../../config.ts";
import {
  direction,
  itemId,
  itemPage,
  type List,
  type Sort,
  turnedBy,
  workPage,
} from "../../list.ts";
import { KindSign } from "../../parts/kind.tsx";
import { Scroll } from "../../parts/scroll.tsx";
import { num, percent, t, word } from "../../texts/index.ts";

export function Items(props: {
  season: string;
  list: List;
  rows: readonly WorkRow[];
  /** The list from the page of a row on. */
  placeOf: (at: number) => List;
  /** Note a finding on an item of the quality sample. */
  find: (row: WorkRow) => void;
  ticked: ReadonlySet<string>;
  tick: (ids: ReadonlySet<string>) => void;
}) {
  const { season, list, rows, ticked, tick } = props;
  const decides = config.rights.includes("decide");
  const ids = rows.map(itemId);
  // Not every season knows its holdings.
  const held = rows.some(({ holding }) => holding !== null);
  const head = (sort: Sort, title: ComponentChildren, kind = "") => (
    <Head season={season} list={list} sort={sort} title={title} kind={kind} />
  );
  const turn = (id: string): void => {
    const now = new Set(ticked);
    if (!now.delete(id)) now.add(id);
    tick(now);
  };
  return (
    <Scroll label={t("work.list")}>
      <table class="work">
        <caption class="hidden">{t("work.list")}</caption>
        <thead>
          <tr>
            {decides && (
              <th scope="col">
                <input
                  type="checkbox"
                  aria-label={t("work.tick.all")}
                  checked={ids.every((id) => ticked.has(id))}
                  onChange={({ currentTarget: { checked } }) => tick(new Set(checked ? ids : []))}
                />
              </th>
            )}
            {head("pid", t("work.parcel"))}
            <th scope="col">{t("work.why")}</th>
            {head("crop", t("work.crop"))}
            {held && head("holding", t("work.holding"))}
            {head("tile", t("work.tile"), "rest")}
            {head("area", t("work.area"), "number rest")}
            {head(
              "wrong",
              <abbr title={t("work.probability.means")}>{t("work.probability")}</abbr>,
              "number",
            )}
            <th scope="col">{t("work.state")}</th>
            <th scope="col">{t("work.assignee")}</th>
            <th scope="col" class="sheet">
              <abbr title={t("work.sheet.means")}>{t("work.sheet")}</abbr>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => {
            const id = ids[at] ?? "";
            return (
              <tr key={id} id={id}>
                {decides && (
                  <td>
                    <input
                      type="checkbox"
                      aria-label={t("work.tick", { pid: row.pid })}
                      checked={ticked.has(id)}
                      onChange={() => turn(id)}
                    />
                  </td>
                )}
                <th scope="row">
                  <a
                    href={itemPage(season, row, props.placeOf(at))}
                    data-item
                    onClick={() => keepPlace(`${workPage(season, props.placeOf(at))}#${id}`)}
                  >
                    {row.pid}
                  </a>
                </th>
                <td>
                  <span class="state">
                    <KindSign kind={row.kind} />
                    {t(`work.kind.one.${row.kind}`)}
                  </span>
                  {row.scheme && <small>{row.scheme}</small>}
                </td>
                <td class="why">
                  <span>{row.crop ?? "–"}</span>
                  {row.predicted && <b> → {row.predicted}</b>}
                  {/* The library says it in English. */}
                  {row.sentence && <small lang={row.language ?? "en"}>{row.sentence}</small>}
                </td>
                {held && <td>{row.holding ?? "–"}</td>}
                <td class="rest">{row.tile ?? "–"}</td>
                <td class="number rest">
                  {row.area_ha === null ? "–" : num(Math.round(row.area_ha * 100) / 100)}
                </td>
                <td class="number">
                  <Wrong row={row} />
                </td>
                <td>
                  <Decided row={row} />
                  {decides && row.kind === "quality" && (
                    <button
                      type="button"
                      class="plain find"
                      data-find
                      aria-label={t("quality.of", { pid: row.pid })}
                      onClick={() => props.find(row)}
                    >
                      {t("quality.note")}
                    </button>
                  )}
                </td>
                <td>{row.assignee ?? "–"}</td>
                <td class="sheet">
                  <a
                    href={seasonPage(season, ["parcels", row.pid])}
                    aria-label={t("work.sheet.of", { pid: row.pid })}
                  >
                    {t("work.sheet")}
                  </a>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}

/** Whoever goes back to the list finds the place that was left. */
function keepPlace(address: string): void {
  history.replaceState(null, "", address);
}

/** A heading that leads to the list in its order. */
function Head(props: {
  season: string;
  list: List;
  sort: Sort;
  title: ComponentChildren;
  kind: string;
}) {
  const { season, list, sort } = props;
  const sorted = direction(list, sort);
  return (
    <th scope="col" class={props.kind} aria-sort={sorted ?? undefined}>
      <a class="plain" href={workPage(season, turnedBy(list, sort))}>
        {props.title}
        <span aria-hidden="true">{sorted ? (sorted === "ascending" ? " ▲" : " ▼") : ""}</span>
      </a>
    </th>
  );
}

function Wrong({ row: { wrong, calibrated } }: { row: WorkRow }) {
  if (wrong === null) return <>–</>;
  // Without inspections to learn from, there is only a bound, and it is never certain.
  return <>{calibrated === false ? `≥ ${percent(Math.min(wrong, 0.999))}` : percent(wrong)}</>;
}

function Decided({ row }: { row: WorkRow }) {
  if (row.finding === null) return <>{t("work.to_do")}</>;
  return (
    <>
      {row.kind === "quality" ? word("compliance", row.finding) : word("finding", row.finding)}
      {row.decided_by && <small>{row.decided_by}</small>}
    </>
  );
}
