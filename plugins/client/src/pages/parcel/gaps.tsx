/** Spans without evidence, in words. */

import { seasonApi, seasonPage } from "../../address.ts";
import type { Rows } from "../../api.ts";
import { exists } from "../../pages.ts";
import { type Answer, Empty, Loaded } from "../../parts/loaded.tsx";
import { Section } from "../../parts/shell.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { day, t } from "../../texts/index.ts";
import type { Span } from "./answers.ts";
import { becauseOf, sensorOf } from "./wording.ts";

export function GapsSection(props: { season: string; pid: string; answer: Answer<Rows<Span>> }) {
  const { season, pid, answer } = props;
  const columns: readonly Column<Span>[] = [
    {
      name: "from",
      title: t("parcel.from"),
      value: (row) => row.from,
      show: (row) => day(row.from),
    },
    { name: "to", title: t("parcel.to"), value: (row) => row.to, show: (row) => day(row.to) },
    { name: "days", title: t("parcel.gap.days"), value: (row) => row.days },
    {
      name: "card",
      title: t("season.card"),
      value: (row) => sensorOf(row.card, row.direction),
    },
    {
      name: "cause",
      title: t("parcel.gap.because"),
      value: (row) => becauseOf(row),
      show: (row) => <span class="sentence">{becauseOf(row)}</span>,
    },
    {
      name: "products",
      title: t("parcel.products"),
      value: (row) => row.products.length,
      show: (row) => <Products season={season} names={row.products} />,
    },
  ];
  return (
    <Section id="gaps" title="parcel.gaps" hint="parcel.gaps.hint">
      <Loaded of={answer}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty>{t("parcel.gaps.none")}</Empty>
          ) : (
            <>
              <Table
                caption={t("parcel.gaps")}
                columns={columns}
                rows={rows}
                id={(row) => `${row.card} ${row.direction} ${row.from}`}
              />
              <p class="actions">
                <a href={seasonApi(season, ["parcels", pid, "gaps"], { format: "csv" })} download>
                  {t("table.csv")}
                </a>
              </p>
            </>
          )
        }
      </Loaded>
    </Section>
  );
}

function Products({ season, names }: { season: string; names: readonly string[] }) {
  if (names.length === 0) return <>–</>;
  return (
    <details>
      <summary>{names.length}</summary>
      {names.map((name) => (
        <ProductLink key={name} season={season} name={name} />
      ))}
    </details>
  );
}

/** A product's name, and its page where there is one. */
export function ProductLink({ season, name }: { season: string; name: string }) {
  const text = <code class="product">{name}</code>;
  return exists("product") ? <a href={seasonPage(season, ["products", name])}>{text}</a> : text;
}
