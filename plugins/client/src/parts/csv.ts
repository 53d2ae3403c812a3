/** Rows that only the browser has, as CSV: as the server writes its files. */

import type { Cell } from "./order.ts";

const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?\d[\d.,]*(?:[eE][+-]?\d+)?$/;

/**
 * Rows as CSV. A text that a spreadsheet would calculate gets an apostrophe in front
 * (`dias_cbm.csv_cells`); no value is an empty cell.
 */
export function csvOf<Row>(
  columns: Readonly<Record<string, (row: Row) => Cell>>,
  rows: readonly Row[],
): string {
  const lines = [
    Object.keys(columns),
    ...rows.map((row) => Object.values(columns).map((value) => value(row))),
  ];
  return lines.map((cells) => `${cells.map(cell).join(",")}\r\n`).join("");
}

function cell(value: Cell): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The address of a file that holds a text; the pages' policy knows no blobs. */
export function fileOf(csv: string): string {
  return `data:text/csv;charset=utf-8,${encodeURIComponent(csv)}`;
}
