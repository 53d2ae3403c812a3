/** The way through the work list: its filter and order are kept in the address of each parcel. */

import type { Item } from "./answers.ts";

/** The names that choose and order the list, as the API has them, and the first row of its page. */
const KEPT = [
  "kind",
  "scheme",
  "crop",
  "holding",
  "tile",
  "decided",
  "assigned",
  "sort",
  "backwards",
  "after",
] as const;

/** The query that chooses and orders the list; null if the reader did not come from it. */
export function listOf(search: string): URLSearchParams | null {
  const given = new URLSearchParams(search);
  if (!given.get("kind_of_item")) return null;
  const list = new URLSearchParams();
  for (const name of KEPT) for (const value of given.getAll(name)) list.append(name, value);
  return list;
}

/** The query by which the API finds the items before and after the one in an address. */
export function aroundQuery(search: string, pid: string): URLSearchParams | null {
  const query = listOf(search);
  if (query === null) return null;
  const given = new URLSearchParams(search);
  for (const name of ["kind_of_item", "scheme_of_item"]) {
    const value = given.get(name);
    if (value) query.set(name, value);
  }
  query.delete("after");
  query.set("pid", pid);
  return query;
}

/** The query of another item's page, on the same way through the list. */
export function itemQuery(search: string, item: Item): URLSearchParams {
  const query = listOf(search) ?? new URLSearchParams();
  query.set("kind_of_item", item.kind);
  if (item.scheme) query.set("scheme_of_item", item.scheme);
  return query;
}
