/** The items of the list, with what is left of them, how they go out, and who works on them. */

import { useMemo, useRef, useState } from "preact/hooks";
import type { WorkPage, WorkRow, WorkSummary } from "../../api.ts";
import { config } from "../../config.ts";
import { exportApi, itemId, type List, rowsApi, workPage } from "../../list.ts";
import { Progress } from "../../parts/bar.tsx";
import { KeysDialog } from "../../parts/dialog.tsx";
import { Empty, Failed, Loading } from "../../parts/loaded.tsx";
import { usePages } from "../../parts/pages.ts";
import { QualityFinding, sentenceOf } from "../../parts/quality.tsx";
import { Section } from "../../parts/shell.tsx";
import { num, t } from "../../texts/index.ts";
import { Assign } from "./assign.tsx";
import { Items } from "./items.tsx";
import { useMoves } from "./moves.ts";

const ROWS = 100;
/** Items that the server puts into one file. */
const MOST_EXPORTED = 100_000;
const FORMATS = { csv: "CSV", gpkg: "GeoPackage", geojson: "GeoJSON" };

export function Listed({ season, list }: { season: string; list: List }) {
  const url = (after: string | null): string => rowsApi(season, list, after ?? list.after, ROWS);
  const { rows: came, page, keys: starts, next, error, more } = usePages<WorkRow, WorkPage>(url);
  const [assignees, assigned] = useState<ReadonlyMap<string, string | null>>(new Map());
  const [ticked, tick] = useState<ReadonlySet<string>>(new Set<string>());
  const [findings, found] = useState<ReadonlyMap<string, string>>(new Map());
  const [asked, ask] = useState<WorkRow | null>(null);
  const [told, say] = useState("");
  const [keys, showKeys] = useState(false);
  const rows = useMemo(
    () => came?.map((row) => newest(row, assignees, findings)) ?? null,
    [came, assignees, findings],
  );
  const frame = useRef<HTMLDivElement>(null);
  useMoves(
    frame,
    () => next !== null && more(),
    () => showKeys(true),
    rows?.length ?? 0,
  );

  if (rows === null || page === null) {
    if (error === null) return <Loading />;
    return (
      <>
        <Failed error={error} again={more} />
        {/* What the list began after may not be on it any more. */}
        {list.after && <FromStart season={season} list={list} />}
      </>
    );
  }
  const pids = [...new Set(rows.filter((row) => ticked.has(itemId(row))).map(({ pid }) => pid))];
  return (
    <Section
      id="list"
      title="work.list"
      aside={
        <button type="button" class="plain" onClick={() => showKeys(true)}>
          {t("work.keys")}
        </button>
      }
    >
      {page.summary.items > 0 && <Left summary={page.summary} />}
      <Files season={season} list={list} items={page.summary.items} />
      {list.after && (
        <p>
          {t("work.from_here")} <FromStart season={season} list={list} />
        </p>
      )}
      {rows.length === 0 ? (
        <Empty>{t("work.none")}</Empty>
      ) : (
        <>
          {config.rights.includes("decide") && (
            <Assign
              season={season}
              pids={pids}
              done={(name) => {
                assigned(new Map([...assignees, ...pids.map((pid) => [pid, name] as const)]));
                tick(new Set<string>());
              }}
            />
          )}
          <div ref={frame}>
            <Items
              season={season}
              list={list}
              rows={rows}
              placeOf={(at) => ({ ...list, after: starts[Math.floor(at / ROWS)] ?? list.after })}
              find={ask}
              ticked={ticked}
              tick={tick}
            />
          </div>
        </>
      )}
      <p role="status">{told}</p>
      {asked && page.summary.sample !== null && (
        <QualityFinding
          season={season}
          sample={page.summary.sample}
          item={asked}
          close={() => ask(null)}
          done={(draft, answer) => {
            found(new Map([...findings, [itemId(asked), draft.finding]]));
            say(sentenceOf(answer));
            ask(null);
          }}
        />
      )}
      {error && <Failed error={error} again={more} />}
      {next !== null && (
        <p class="actions">
          <button type="button" onClick={more}>
            {t("table.more")}
          </button>
        </p>
      )}
      {keys && <Keys close={() => showKeys(false)} />}
    </Section>
  );
}

function Keys({ close }: { close: () => void }) {
  return (
    <KeysDialog
      close={close}
      keys={[
        ["j n", t("work.key.next")],
        ["k p", t("work.key.previous")],
        ["↓ ↑", t("work.key.arrows")],
        ["Enter", t("work.key.open")],
        ["x", t("work.key.tick")],
        ["f", t("work.key.find")],
        ["/", t("map.keys.search")],
        ["?", t("work.keys")],
      ]}
    />
  );
}

function FromStart({ season, list }: { season: string; list: List }) {
  return <a href={workPage(season, { ...list, after: null })}>{t("work.from_start")}</a>;
}

/** A row with what was done to it since it came. */
function newest(
  row: WorkRow,
  assignees: ReadonlyMap<string, string | null>,
  findings: ReadonlyMap<string, string>,
): WorkRow {
  const assignee = assignees.get(row.pid);
  return {
    ...row,
    assignee: assignee === undefined ? row.assignee : assignee,
    finding: findings.get(itemId(row)) ?? row.finding,
  };
}

/** How much is left, in the reader's language. */
function Left({ summary }: { summary: WorkSummary }) {
  const { items, left, expected_wrong_left, calibrated } = summary;
  const done = items - left;
  const wrong = num(Math.round(expected_wrong_left));
  return (
    <>
      <Progress
        done={done}
        total={items}
        label={t("work.progress", { left: num(left), all: num(items) })}
      />
      {expected_wrong_left > 0 && (
        <p>{t(calibrated ? "work.wrong" : "work.wrong.least", { count: wrong })}</p>
      )}
    </>
  );
}

function Files({ season, list, items }: { season: string; list: List; items: number }) {
  if (items === 0) return null;
  if (items > MOST_EXPORTED) {
    return <p>{t("work.export.most", { count: num(MOST_EXPORTED) })}</p>;
  }
  return (
    <p class="actions">
      {t("work.export")}
      {Object.entries(FORMATS).map(([format, name]) => (
        <a key={format} href={exportApi(season, list, format)} download>
          {name}
        </a>
      ))}
    </p>
  );
}
