/** Tables: sorted by a click, filled page by page with keyset paging, and as CSV. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { language, num, t } from "../texts/index.ts";
import { Empty, Failed, Loading } from "./loaded.tsx";
import { type Cell, inOrder, type Order, turned } from "./order.ts";
import { usePages } from "./pages.ts";
import { Scroll } from "./scroll.tsx";

export interface Column<Row> {
  name: string;
  title: string;
  /** What the rows are sorted by. */
  value: (row: Row) => Cell;
  /** What is shown; the value itself without it. */
  show?: (row: Row) => ComponentChildren;
}

/** Rows that are drawn at once; thousands would make a page wait. */
const AT_ONCE = 250;

const collator = new Intl.Collator(language, { numeric: true });

/** A table of rows that are all there. */
export function Table<Row>(props: {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  id: (row: Row) => string | number;
  /** With it the server sorts: rows stay as they are. */
  order?: Order | null;
  onOrder?: (order: Order) => void;
}) {
  const [own, setOwn] = useState<Order | null>(null);
  const order = props.order === undefined ? own : props.order;
  const column = props.columns.find((one) => one.name === order?.column);
  const rows =
    order && column && !props.onOrder
      ? inOrder(props.rows, column.value, order.down, collator.compare)
      : props.rows;
  const [most, setMost] = useState(AT_ONCE);
  if (rows.length === 0) return <Empty>{t("table.empty")}</Empty>;
  return (
    <>
      <Scroll label={props.caption}>
        <table>
          <caption class="hidden">{props.caption}</caption>
          <thead>
            <tr>
              {props.columns.map((one) => (
                <Head
                  key={one.name}
                  title={one.title}
                  number={rows.some((row) => typeof one.value(row) === "number")}
                  sorted={
                    order?.column === one.name ? (order.down ? "descending" : "ascending") : null
                  }
                  turn={() => (props.onOrder ?? setOwn)(turned(order, one.name))}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, most).map((row) => (
              <tr key={props.id(row)}>
                {props.columns.map((one) => (
                  <td key={one.name} class={typeof one.value(row) === "number" ? "number" : ""}>
                    {one.show ? one.show(row) : plain(one.value(row))}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {rows.length > most && (
        <button type="button" onClick={() => setMost(most + AT_ONCE)}>
          {t("table.rest", { count: num(rows.length - most) })}
        </button>
      )}
    </>
  );
}

function Head(props: {
  title: string;
  number: boolean;
  sorted: "ascending" | "descending" | null;
  turn: () => void;
}) {
  const { title, sorted } = props;
  return (
    <th scope="col" class={props.number ? "number" : ""} aria-sort={sorted ?? undefined}>
      <button
        type="button"
        class="plain"
        title={t("table.sort", { column: title })}
        onClick={props.turn}
      >
        {title}
        <span aria-hidden="true">{sorted ? (sorted === "ascending" ? " ▲" : " ▼") : ""}</span>
      </button>
    </th>
  );
}

function plain(value: Cell): string {
  return value === null ? "–" : typeof value === "number" ? num(value) : value;
}

/** A table whose rows the API hands out page by page; `url` makes the address of a page. */
export function PagedTable<Row>(props: {
  caption: string;
  columns: readonly Column<Row>[];
  id: (row: Row) => string | number;
  url: (after: string | null) => string;
  csv?: string;
}) {
  const { rows, next, error, more } = usePages<Row>(props.url);
  if (rows === null) return error ? <Failed error={error} again={more} /> : <Loading />;
  return (
    <>
      <Table caption={props.caption} columns={props.columns} rows={rows} id={props.id} />
      {error && <Failed error={error} again={more} />}
      <p class="actions">
        {next !== null && (
          <button type="button" onClick={more}>
            {t("table.more")}
          </button>
        )}
        {props.csv && rows.length > 0 && (
          <a href={props.csv} download>
            {t("table.csv")}
          </a>
        )}
      </p>
    </>
  );
}
