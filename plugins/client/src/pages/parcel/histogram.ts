/** A histogram of NDVI as plain data. */

export interface Bin {
  from: number;
  to: number;
  count: number;
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** Where the axis begins, unless there are pixels below it: it is the same for all dates. */
const LOWEST = -0.2;

/** The bins of an axis up to 1; `counts` begin at -1. */
export function binsOf(counts: readonly number[]): Bin[] {
  const step = 2 / counts.length;
  const all = counts.map((count, at) => ({
    from: rounded(at * step - 1),
    to: rounded((at + 1) * step - 1),
    count,
  }));
  const first = counts.findIndex((count) => count > 0);
  return first < 0 ? [] : all.slice(Math.min(first, Math.floor((LOWEST + 1) / step + 1e-9)));
}

/** The NDVI that half of the pixels reach: the middle of its bin. */
export function middleOf(counts: readonly number[]): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (const { from, to, count } of binsOf(counts)) {
    seen += count;
    if (seen * 2 >= total) return (from + to) / 2;
  }
  return null;
}
