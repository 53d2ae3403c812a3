/** The extraction of a product, tile by tile. */

import type { Unit } from "../../api.ts";
import { Empty } from "../../parts/loaded.tsx";
import { Table } from "../../parts/table.tsx";
import { minute, percent, t, word } from "../../texts/index.ts";
import { Status } from "./status.tsx";

export function Extraction({ units }: { units: readonly Unit[] }) {
  if (units.length === 0) return <Empty>{t("passage.extraction.none")}</Empty>;
  return (
    <Table<Unit>
      caption={t("passage.extraction")}
      rows={units}
      id={(row) => row.tile}
      columns={[
        { name: "tile", title: t("calendar.tile"), value: (row) => row.tile },
        {
          name: "status",
          title: t("gaps.state"),
          value: (row) => word("status", row.status),
          show: (row) => <Status {...row} />,
        },
        { name: "records", title: t("passage.records"), value: (row) => row.records },
        {
          name: "clear",
          title: t("passage.clear"),
          value: (row) => row.clear_share,
          show: (row) => (row.clear_share === null ? "–" : percent(row.clear_share)),
        },
        {
          name: "finished",
          title: t("passage.finished"),
          value: (row) => row.finished_at,
          show: (row) => (row.finished_at ? minute(row.finished_at) : "–"),
        },
        { name: "seconds", title: t("passage.seconds"), value: (row) => row.seconds },
      ]}
    />
  );
}
