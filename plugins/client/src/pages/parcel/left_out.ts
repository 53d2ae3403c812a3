/** Looks that the reader leaves out of charts and images: they are in the page's address. */

const NAME = "left_out";

/** The looks that an address leaves out, by the number of their scene. */
export function leftOutOf(search: string): ReadonlySet<number> {
  const given = new URLSearchParams(search).getAll(NAME);
  return new Set(given.filter((one) => /^\d{1,10}$/.test(one)).map(Number));
}

/** The query of an address with other looks left out; all else in it stays. */
export function withLeftOut(search: string, leftOut: ReadonlySet<number>): string {
  const query = new URLSearchParams(search);
  query.delete(NAME);
  for (const obsid of [...leftOut].sort((one, other) => one - other)) {
    query.append(NAME, String(obsid));
  }
  const text = query.toString();
  return text ? `?${text}` : "";
}

/** Leave a look out that was shown, or show it again. */
export function turned(leftOut: ReadonlySet<number>, obsid: number): ReadonlySet<number> {
  const next = new Set(leftOut);
  if (!next.delete(obsid)) next.add(obsid);
  return next;
}
