/**
 * The work list as an address: what it shows, in which order, and where in it a reader is.
 *
 * A parcel's page that was opened from the list keeps all of it in its own address, and asks with
 * the same names for the parcels before and after: `.../work/around`.
 */

import { type Query, seasonApi, seasonPage } from "./address.ts";

export const KINDS = ["outlier", "red", "yellow", "quality"] as const;
export type Kind = (typeof KINDS)[number];
export const SORTS = ["list", "wrong", "area", "pid", "crop", "holding", "tile"] as const;
export type Sort = (typeof SORTS)[number];
export const GROUPINGS = ["holding", "crop", "tile", "scheme", "assignee"] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** What a list shows; null: everything, and an empty text: those without. */
export interface Shown {
  kind: readonly Kind[];
  scheme: string | null;
  crop: string | null;
  holding: string | null;
  tile: string | null;
  decided: boolean | null;
  assigned: string | null;
}

/** A list: what it shows, in which order, from which row on. */
export interface List extends Shown {
  sort: Sort;
  backwards: boolean;
  /** The key of the row before the first one that is shown, as the API gave it. */
  after: string | null;
}

/** An item of the list: a parcel may be on it for several reasons. */
export interface Item {
  kind: Kind;
  scheme: string | null;
  pid: string;
}

const TEXTS = ["scheme", "crop", "holding", "tile", "assigned"] as const;

function oneOf<T extends string>(known: readonly T[], text: string | null): T | null {
  return known.find((one) => one === text) ?? null;
}

/** The list that an address names; what it does not know is left out. */
export function listOf(search: string): List {
  const query = new URLSearchParams(search);
  const text = Object.fromEntries(TEXTS.map((name) => [name, query.get(name)])) as Record<
    (typeof TEXTS)[number],
    string | null
  >;
  const decided = query.get("decided");
  return {
    ...text,
    kind: KINDS.filter((kind) => query.getAll("kind").includes(kind)),
    decided: decided === "true" ? true : decided === "false" ? false : null,
    sort: oneOf(SORTS, query.get("sort")) ?? "list",
    backwards: query.get("backwards") === "true",
    after: query.get("after"),
  };
}

/** What a list shows, for an address. */
export function shownQuery(shown: Shown): Query {
  // A list of one: an empty text is not left out.
  const texts = TEXTS.filter((name) => shown[name] !== null);
  return {
    kind: shown.kind,
    ...Object.fromEntries(texts.map((name) => [name, [shown[name] ?? ""]])),
    decided: shown.decided,
  };
}

/** A list, for an address; the usual order is left out. */
export function listQuery(list: List): Query {
  return {
    ...shownQuery(list),
    sort: list.sort === "list" ? null : list.sort,
    backwards: list.backwards || null,
    after: list.after,
  };
}

/** The page of a list. */
export function workPage(season: string, list: List): string {
  return seasonPage(season, ["work"], listQuery(list));
}

/** The page of an item's parcel, which knows the list that it was opened from. */
export function itemPage(season: string, item: Item, list: List): string {
  const own = { kind_of_item: item.kind, scheme_of_item: item.scheme };
  return seasonPage(season, ["parcels", item.pid], { ...own, ...listQuery(list) });
}

/** The place of an item on its page. */
export function itemId(item: Item): string {
  return [item.kind, item.scheme ?? "", item.pid].map(encodeURIComponent).join(":");
}

/** The answer with the rows of a list after a key. */
export function rowsApi(season: string, list: List, after: string | null, limit: number): string {
  return seasonApi(season, ["work"], { ...listQuery({ ...list, after }), limit });
}

/** The file with all items that a list shows. */
export function exportApi(season: string, list: List, format: string): string {
  return seasonApi(season, ["work", "export"], {
    ...shownQuery(list),
    sort: list.sort === "list" ? null : list.sort,
    format,
  });
}

/** The list of one group of a grouped list. */
export function inGroup(list: List, by: Grouping, name: string | null): List {
  const field = by === "assignee" ? "assigned" : by;
  return { ...list, after: null, [field]: name ?? "" };
}

/** The list with a column turned: in its own direction first, then the other way round. */
export function turnedBy(list: List, sort: Sort): List {
  return { ...list, after: null, sort, backwards: list.sort === sort && !list.backwards };
}

/** How a column is sorted, for a screen reader; null if it is not. */
export function direction(list: List, sort: Sort): "ascending" | "descending" | null {
  if (list.sort !== sort) return null;
  const falls = sort === "wrong" || sort === "area";
  return falls === list.backwards ? "ascending" : "descending";
}
