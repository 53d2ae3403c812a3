/** The way through the work list: its filter and order are kept in the address of each parcel. */

import { type Item, itemId } from "../../list.ts";
import type { Around } from "./answers.ts";

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

/** Whether the reader came to an item of the quality sample. */
export function isSampled(search: string): boolean {
  return new URLSearchParams(search).get("kind_of_item") === "quality";
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

/** The place of an item in the list: the page that it is on now, and its row. */
export function placeQuery(search: string, around: Around | null): string {
  const query = listOf(search) ?? new URLSearchParams();
  if (around === null) return `?${query}`;
  if (around.page_after === null) query.delete("after");
  else query.set("after", around.page_after);
  return `?${query}#${itemId(around.item)}`;
}

/** The query of another item's page, on the same way through the list. */
export function itemQuery(search: string, item: Item): URLSearchParams {
  const query = listOf(search) ?? new URLSearchParams();
  query.set("kind_of_item", item.kind);
  if (item.scheme) query.set("scheme_of_item", item.scheme);
  return query;
}
