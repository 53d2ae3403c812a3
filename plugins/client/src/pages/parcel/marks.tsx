/** Schemes with their colours and sentences, and markers with their answers and events. */

import type { Rows } from "../../api.ts";
import { type Answer, Empty, Loaded } from "../../parts/loaded.tsx";
import { Section } from "../../parts/shell.tsx";
import { State } from "../../parts/state.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { day, eventOf, num, percent, t, word } from "../../texts/index.ts";
import type { MarkerEvent, MarkerState, Schemes } from "./answers.ts";

export function SchemesSection({ answer }: { answer: Answer<Schemes> }) {
  return (
    <Section id="schemes" title="season.schemes">
      <Loaded of={answer}>
        {({ because, verdicts, file }) =>
          verdicts.length === 0 ? (
            <Empty>{because ? t("season.schemes.none") : t("parcel.schemes.none")}</Empty>
          ) : (
            <ul class="said">
              {verdicts.map((one) => (
                <li key={one.scheme}>
                  <State family="scheme" state={one.colour} /> <b>{one.scheme}</b>
                  <p lang={one.language ?? "en"}>{one.sentence}</p>
                </li>
              ))}
              {file && <li class="fine">{t("parcel.schemes.file", { file })}</li>}
            </ul>
          )
        }
      </Loaded>
    </Section>
  );
}

const EVENTS: readonly Column<MarkerEvent & { marker: string }>[] = [
  { name: "kind", title: t("parcel.event"), value: (row) => eventOf(row.kind) },
  {
    name: "start_date",
    title: t("parcel.from"),
    value: (row) => row.start_date,
    show: (row) => day(row.start_date),
  },
  {
    name: "end_date",
    title: t("parcel.to"),
    value: (row) => row.end_date,
    show: (row) => day(row.end_date),
  },
  {
    name: "best_date",
    title: t("parcel.best"),
    value: (row) => row.best_date,
    show: (row) => (row.best_date ? day(row.best_date) : "–"),
  },
  {
    name: "confidence",
    title: t("parcel.confidence"),
    value: (row) => row.confidence,
    show: (row) => (row.confidence === null ? "–" : percent(row.confidence)),
  },
  { name: "before", title: t("parcel.before"), value: (row) => row.before },
  { name: "after", title: t("parcel.after"), value: (row) => row.after },
];

export function MarkersSection({ answer }: { answer: Answer<Rows<MarkerState>> }) {
  return (
    <Section id="markers" title="season.markers">
      <Loaded of={answer}>
        {({ rows }) =>
          rows.length === 0 ? <Empty>{t("season.markers.none")}</Empty> : <Markers rows={rows} />
        }
      </Loaded>
    </Section>
  );
}

/** What was seen comes first, then what could not be looked for. */
function seenFirst(one: MarkerState, other: MarkerState): number {
  const order = ["OK", "NOT_EXECUTED", "NOT_VALID"];
  return order.indexOf(one.status) - order.indexOf(other.status);
}

function Markers({ rows }: { rows: readonly MarkerState[] }) {
  const events = rows.flatMap((one) =>
    one.events.map((event) => ({ ...event, marker: one.marker })),
  );
  return (
    <>
      <ul class="said two">
        {[...rows].sort(seenFirst).map((one) => (
          <li key={`${one.marker} ${one.run}`}>
            <State family="marker" state={one.status} /> <b>{eventOf(one.marker)}</b>{" "}
            <span>
              {t("seasons.days", { first: day(one.window_start), last: day(one.window_end) })}
            </span>
            {one.reason && one.reason !== "none" && (
              <p class="sentence">{word("reason", one.reason)}</p>
            )}
            <p class="fine">
              {t("parcel.marker", {
                version: one.version,
                observations: one.observations === null ? "–" : num(one.observations),
                gap: one.longest_gap_days === null ? "–" : num(one.longest_gap_days),
              })}
            </p>
          </li>
        ))}
      </ul>
      {events.length > 0 && (
        <details>
          <summary>{t("parcel.events", { count: num(events.length) })}</summary>
          <Table
            caption={t("parcel.event")}
            rows={events}
            id={(row) => `${row.marker} ${row.kind} ${row.start_date} ${row.end_date}`}
            columns={EVENTS}
          />
        </details>
      )}
    </>
  );
}
