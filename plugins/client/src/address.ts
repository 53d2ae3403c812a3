/** Addresses of pages and of the API, relative to the mount: they work in Airflow's frame too. */

import { config } from "./config.ts";

type Value = string | number | boolean | readonly string[] | null | undefined;
export type Query = Record<string, Value>;

/** The query of an address, with its `?`; empty values are left out, but not those of a list. */
export function queryOf(query: Query): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const one of value) parts.append(name, one);
    else if (value !== null && value !== undefined && value !== "") parts.set(name, String(value));
  }
  const text = parts.toString();
  return text ? `?${text}` : "";
}

/**
 * A segment of an address, which may hold any character. Browsers take `.` and `..` out of an
 * address, encoded or not: they get a sign before them (`dias_cbm.window.names`).
 */
export function segment(name: string | number): string {
  const text = String(name);
  return encodeURIComponent(/^~*\.{1,2}$/.test(text) ? `~${text}` : text);
}

/** An address from its segments. */
export function address(segments: readonly (string | number)[], query: Query = {}): string {
  return config.root + segments.map(segment).join("/") + queryOf(query);
}

/** The address of a page of a season, e.g. `seasonPage("dk-2018", ["parcels", "17"])`. */
export function seasonPage(
  season: string,
  segments: readonly (string | number)[] = [],
  query: Query = {},
): string {
  return address(["seasons", season, ...segments], query);
}

/** The address of an answer about a season. */
export function seasonApi(
  season: string,
  segments: readonly (string | number)[] = [],
  query: Query = {},
): string {
  return address(["api", "v1", "seasons", season, ...segments], query);
}
