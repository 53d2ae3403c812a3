/** The chain of evidence: what each observation was made from, down to product, engine, version. */

import { seasonApi } from "../../address.ts";
import { Section } from "../../parts/shell.tsx";
import { type Column, PagedTable } from "../../parts/table.tsx";
import { minute, num, t, word } from "../../texts/index.ts";
import type { Chain } from "./answers.ts";
import { ProductLink } from "./gaps.tsx";
import type { Leaving } from "./leaving.tsx";
import { sensorOf } from "./wording.ts";

const ROWS = 20;

export function EvidenceSection(props: { season: string; pid: string; leaving: Leaving }) {
  const { season, pid, leaving } = props;
  const url = (after: string | null): string =>
    seasonApi(season, ["parcels", pid, "evidence"], { limit: ROWS, after });
  const columns: readonly Column<Chain>[] = [
    {
      name: "time",
      title: t("chart.time"),
      value: (row) => row.time,
      show: (row) => (
        <>
          {minute(row.time)}
          <br />
          <small>{sensorOf(row.card, row.card === "s2" ? null : row.direction)}</small>
          <label class="leave">
            <input
              type="checkbox"
              checked={leaving.leftOut.has(row.obsid)}
              aria-label={t("parcel.leave_out", { day: minute(row.time) })}
              onChange={() => leaving.turn(row.obsid)}
            />
            <small>{t("parcel.leave_out.tick")}</small>
          </label>
        </>
      ),
    },
    {
      name: "pixels",
      title: t("parcel.pixels"),
      value: (row) => row.pixels,
      show: (row) => (row.pixels === null ? "–" : num(Math.round(row.pixels * 10) / 10)),
    },
    {
      name: "extraction",
      title: t("parcel.extraction"),
      value: (row) => word("status", row.extraction ?? row.status),
      show: (row) => (
        <>
          {word("status", row.extraction ?? row.status)}
          <br />
          <small>
            {[row.extracted_at && minute(row.extracted_at), row.rule].filter(Boolean).join(", ")}
          </small>
        </>
      ),
    },
    {
      name: "product",
      title: t("parcel.product"),
      value: (row) => row.product,
      show: (row) => <Product season={season} row={row} />,
    },
    {
      name: "engine",
      title: t("parcel.engine"),
      value: (row) => engineOf(row.engine),
    },
    {
      name: "sources",
      title: t("parcel.sources"),
      value: (row) => row.sources.map(({ product }) => product).join(" "),
      show: (row) =>
        row.sources.length === 0 ? (
          "–"
        ) : (
          <ul class="sources">
            {row.sources.map((source) => (
              <li key={source.obsid}>
                {word("role", source.role).replaceAll("_", " ")}:{" "}
                <ProductLink season={season} name={source.product} />
              </li>
            ))}
          </ul>
        ),
    },
  ];
  return (
    <Section id="evidence" title="parcel.evidence" hint="parcel.evidence.hint">
      <PagedTable
        caption={t("parcel.evidence")}
        columns={columns}
        id={(row) => row.obsid}
        url={url}
        csv={seasonApi(season, ["parcels", pid, "evidence"], { format: "csv" })}
      />
    </Section>
  );
}

function Product({ season, row }: { season: string; row: Chain }) {
  const more = [row.platform, row.baseline && t("parcel.baseline", { baseline: row.baseline })];
  return (
    <>
      <ProductLink season={season} name={row.product} />
      <br />
      <small>{more.filter(Boolean).join(", ")}</small>
      {row.checksum && (
        <>
          <br />
          <code class="product">{row.checksum}</code>
        </>
      )}
    </>
  );
}

/** Engine and version first, then what else it says of itself. */
function engineOf(engine: Chain["engine"]): string {
  if (engine === null) return "–";
  const { engine: name, version, ...rest } = engine;
  const more = Object.entries(rest).filter(([, value]) => typeof value !== "object");
  const head = [name, version].filter((one) => one != null).join(" ");
  return [head, ...more.map(([key, value]) => `${key} ${value}`)].filter(Boolean).join(", ");
}
