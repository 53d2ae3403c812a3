/** The words of the data that pages know, in the order in which the texts explain them. */

import type { Card } from "./api.ts";
import en from "./texts/en.json" with { type: "json" };

export const CARDS: readonly Card[] = ["bs", "c6", "c12", "s2"];

/** The names that a family of texts explains: of `cause.cloudy` it is `cloudy`. */
export function namesOf(family: "cause" | "reason" | "status"): string[] {
  return Object.keys(en)
    .map((key) => key.split("."))
    .filter((parts) => parts.length === 2 && parts[0] === family)
    .map((parts) => parts[1] ?? "");
}
