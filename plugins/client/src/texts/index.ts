/** The page's texts, numbers and dates in the reader's language. */

import { config } from "../config.ts";
import {
  CATALOGUES,
  type Catalogue,
  choose,
  fill,
  type Key,
  type Plural,
  type Values,
} from "./catalogue.ts";

export type { Key, Plural } from "./catalogue.ts";

// Airflow's pages share this store.
const STORE = "cbm-window.language";

function remembered(): string | null {
  try {
    return localStorage.getItem(STORE);
  } catch {
    return null; // a browser may forbid it
  }
}

export const language = choose(remembered(), navigator.languages, config.language);
const texts = CATALOGUES[language] as Catalogue;
const plural = new Intl.PluralRules(language);

/** The text of a key. */
export function t(key: Key, values: Values = {}): string {
  return fill(texts[key], values);
}

/** The text of a key that holds a count. */
export function count(stem: Plural, number: number): string {
  const one = plural.select(number) === "one" ? "one" : "other";
  return t(`${stem}.${one}` as Key, { count: num(number) });
}

/** The text of a word from the API, e.g. a cause; the word itself if this page does not know it. */
export function word(family: string, name: string): string {
  const key = `${family}.${name}`;
  return Object.hasOwn(texts, key) ? texts[key as Key] : name;
}

/** A marker, or a kind of its events, as a person writes it. */
export function eventOf(kind: string): string {
  return word("event", kind).replaceAll("_", " ");
}

/** Other languages, by their own names. */
export function others(): { code: string; name: string }[] {
  return Object.entries(CATALOGUES)
    .filter(([code]) => code !== language)
    .map(([code, catalogue]) => ({ code, name: catalogue["language.name"] }));
}

/** Show all pages in a language from now on. */
export function speak(code: string): void {
  try {
    localStorage.setItem(STORE, code);
  } finally {
    location.reload();
  }
}

// Dates and numbers as in the reader's country, e.g. en-GB.
const locale = navigator.languages.find((one) => one.split("-")[0] === language) ?? language;
const numbers = new Intl.NumberFormat(locale);
const shares = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
const days = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
const months = new Intl.DateTimeFormat(locale, {
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
const times = new Intl.DateTimeFormat(locale, {
  dateStyle: "medium",
  timeStyle: "short",
  timeZone: "UTC",
});

/** A number with the language's separators. */
export function num(value: number): string {
  return numbers.format(value);
}

/** A share of 0 to 1 as a percentage: only all is 100 %, and only nothing is 0 %. */
export function percent(share: number): string {
  if (share > 0 && share < 0.001) return `<${shares.format(0.001)}`;
  return shares.format(share < 1 ? Math.min(share, 0.999) : share);
}

/** A day, e.g. `2018-05-01`, for people. */
export function day(iso: string): string {
  return days.format(new Date(iso.slice(0, 10)));
}

/** The month of a day. */
export function month(iso: string): string {
  return months.format(new Date(iso.slice(0, 10)));
}

/** A moment in UTC, where the zone stands beside it already. */
export function minute(iso: string): string {
  return times.format(new Date(iso));
}

/** A moment in UTC. */
export function time(iso: string): string {
  return `${minute(iso)} UTC`;
}
