/** Texts by key: the catalogues, and how a text gets its values. No page holds texts of its own. */

import da from "./da.json" with { type: "json" };
import en from "./en.json" with { type: "json" };

export type Key = keyof typeof en;
export type Catalogue = Record<Key, string>;
export type Values = Readonly<Record<string, string | number>>;

export const CATALOGUES: Readonly<Record<string, Catalogue>> = { en, da };

type PluralStem<K> = K extends `${infer Stem}.other` ? Stem : never;
/** Texts that depend on a count: they have the endings `.one` and `.other`. */
export type Plural = PluralStem<Key>;

/**
 * The language of the page: the reader's choice, else the browser's first that there is, else the
 * installation's.
 */
export function choose(
  chosen: string | null,
  asked: readonly string[],
  fallback: string | null,
): string {
  const wanted = [chosen, ...asked.map((one) => one.split("-")[0] ?? null), fallback];
  return wanted.find((one) => one !== null && Object.hasOwn(CATALOGUES, one)) ?? "en";
}

/** A text with its values put in; a value is text, whatever is in it. */
export function fill(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
