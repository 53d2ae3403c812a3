/** The order of rows by one of their values. */

export type Cell = string | number | null;
export type Order = { column: string; down: boolean };

/** Rows in order; rows without the value come last in both directions, equal ones stay as they were. */
export function inOrder<Row>(
  rows: readonly Row[],
  value: (row: Row) => Cell,
  down: boolean,
  compare: (one: string, other: string) => number,
): Row[] {
  const sign = down ? -1 : 1;
  return [...rows].sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    if (typeof a === "number" && typeof b === "number") return sign * (a - b);
    return sign * compare(String(a), String(b));
  });
}

/** The next order when a column's heading is clicked. */
export function turned(order: Order | null, column: string): Order {
  return { column, down: order?.column === column ? !order.down : false };
}
