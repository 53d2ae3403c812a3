/** The open gaps: how many of each cause, and the list of all or of one cause. */

import { seasonApi, seasonPage } from "../../address.ts";
import type { GapCount, GapRow, SeasonSummary } from "../../api.ts";
import { Empty } from "../../parts/loaded.tsx";
import { Section } from "../../parts/shell.tsx";
import { type Column, PagedTable, Table } from "../../parts/table.tsx";
import { choiceOf } from "../../passes.ts";
import { minute, num, t, word } from "../../texts/index.ts";

const ROWS = 50;

const COLUMNS: readonly Column<GapRow>[] = [
  {
    name: "expected_at",
    title: t("gaps.expected"),
    value: (row) => row.expected_at,
    show: (row) => minute(row.expected_at),
  },
  { name: "card", title: t("season.card"), value: (row) => word("card", row.card) },
  { name: "satellite", title: t("gaps.satellite"), value: (row) => row.satellite },
  {
    name: "rel_orbit",
    title: t("calendar.orbit"),
    value: (row) => row.rel_orbit,
    show: (row) => `${row.rel_orbit} ${row.direction ?? ""}`.trim(),
  },
  { name: "tile", title: t("calendar.tile"), value: (row) => row.tile },
  { name: "state", title: t("gaps.state"), value: (row) => word("gap", row.state) },
  {
    name: "cause",
    title: t("gaps.cause"),
    value: (row) => word("cause", row.cause),
    show: (row) => <span title={row.evidence}>{word("cause", row.cause)}</span>,
  },
  { name: "parcels", title: t("gaps.parcels"), value: (row) => row.parcels },
  { name: "attempts", title: t("gaps.attempts"), value: (row) => row.attempts },
  {
    name: "next_check",
    title: t("gaps.next_check"),
    value: (row) => row.next_check,
    show: (row) => (row.next_check ? minute(row.next_check) : "–"),
  },
];

export function Gaps({ summary }: { summary: SeasonSummary }) {
  const { card, cause } = choiceOf(location.search);
  const season = summary.name;
  const part = [card && word("card", card), cause && word("cause", cause)].filter(Boolean);
  const query = { card, cause };
  const url = (after: string | null): string =>
    seasonApi(season, ["gaps"], { ...query, limit: ROWS, after });
  if (summary.gaps.length === 0) {
    return (
      <Section id="gaps" title="gaps.title">
        <Empty>{t("gaps.none")}</Empty>
      </Section>
    );
  }
  return (
    <Section
      id="gaps"
      title="gaps.title"
      aside={
        part.length > 0 && (
          <>
            <span class="tag">{part.join(", ")}</span>
            <a href={`${seasonPage(season)}#gaps`}>{t("gaps.all")}</a>
          </>
        )
      }
    >
      {part.length === 0 && <ByCause season={season} counts={summary.gaps} />}
      <PagedTable
        caption={t("gaps.title")}
        columns={COLUMNS}
        id={(row) => row.id}
        url={url}
        csv={seasonApi(season, ["gaps"], { ...query, format: "csv" })}
      />
    </Section>
  );
}

function ByCause({ season, counts }: { season: string; counts: readonly GapCount[] }) {
  return (
    <div class="by-cause">
      <Table
        caption={t("gaps.by_cause")}
        rows={counts}
        id={(row) => `${row.card} ${row.cause} ${row.state}`}
        columns={[
          { name: "cause", title: t("gaps.cause"), value: (row) => word("cause", row.cause) },
          { name: "card", title: t("season.card"), value: (row) => word("card", row.card) },
          { name: "state", title: t("gaps.state"), value: (row) => word("gap", row.state) },
          {
            name: "gaps",
            title: t("gaps.count"),
            value: (row) => row.gaps,
            show: ({ card, cause, gaps }) => (
              <a href={`${seasonPage(season, [], { card, cause })}#gaps`}>{num(gaps)}</a>
            ),
          },
          {
            name: "oldest",
            title: t("gaps.oldest"),
            value: (row) => row.oldest,
            show: (row) => minute(row.oldest),
          },
        ]}
      />
    </div>
  );
}
