/** The products of a pass, with their states, sources and records. */

import type { Scene } from "../../api.ts";
import { Table } from "../../parts/table.tsx";
import { minute, t, word } from "../../texts/index.ts";
import { inPairs, ProductLink } from "./links.tsx";
import { Status } from "./status.tsx";

export function Scenes({ season, scenes }: { season: string; scenes: readonly Scene[] }) {
  return (
    <Table<Scene>
      caption={t("passage.products")}
      rows={scenes}
      id={(row) => row.obsid}
      columns={[
        {
          name: "product",
          title: t("passage.product"),
          value: (row) => row.product,
          show: (row) => (
            <>
              <span class="long">
                <ProductLink season={season} obsid={row.obsid} name={row.product} />
              </span>
              <small>{row.card ? word("card", row.card) : row.kind}</small>
            </>
          ),
        },
        {
          name: "time",
          title: t("passage.time"),
          value: (row) => row.time,
          show: (row) => minute(row.time),
        },
        {
          name: "status",
          title: t("gaps.state"),
          value: (row) => word("status", row.status),
          show: (row) => <Status {...row} />,
        },
        {
          name: "sources",
          title: t("passage.sources"),
          value: (row) => row.sources.map(({ obsid }) => obsid).join(", "),
          show: (row) =>
            row.sources.length === 0
              ? "–"
              : row.sources.map(({ obsid, role }) => (
                  <small key={`${obsid} ${role}`}>
                    <ProductLink season={season} obsid={obsid} name={String(obsid)} />{" "}
                    {inPairs(row.sources) && word("role", role)}
                  </small>
                )),
        },
        { name: "records", title: t("passage.records"), value: (row) => row.records },
      ]}
    />
  );
}
