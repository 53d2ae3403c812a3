/** What is missing of a pass, and what happens about it. */

import type { GapOfPass } from "../../api.ts";
import { Section } from "../../parts/shell.tsx";
import { Table } from "../../parts/table.tsx";
import { minute, t, word } from "../../texts/index.ts";

export function GapsOfPass({ gaps }: { gaps: readonly GapOfPass[] }) {
  if (gaps.length === 0) return null;
  return (
    <Section id="gaps" title="passage.gaps">
      <Table<GapOfPass>
        caption={t("passage.gaps")}
        rows={gaps}
        id={(row) => row.id}
        columns={[
          { name: "card", title: t("season.card"), value: (row) => word("card", row.card) },
          { name: "tile", title: t("calendar.tile"), value: (row) => row.tile },
          { name: "state", title: t("gaps.state"), value: (row) => word("gap", row.state) },
          {
            name: "cause",
            title: t("gaps.cause"),
            value: (row) => row.cause,
            show: (row) => (
              <>
                <span>{word("cause", row.cause)}</span>
                {row.evidence && <small lang="en">{row.evidence}</small>}
              </>
            ),
          },
          { name: "act", title: t("help.act"), value: (row) => word("act", row.cause) },
          { name: "parcels", title: t("gaps.parcels"), value: (row) => row.parcels },
          { name: "attempts", title: t("gaps.attempts"), value: (row) => row.attempts },
          {
            name: "next",
            title: t("gaps.next_check"),
            value: (row) => row.next_check,
            show: (row) => (row.next_check && !row.closed_at ? minute(row.next_check) : "–"),
          },
        ]}
      />
    </Section>
  );
}
