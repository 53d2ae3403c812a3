/** Wording that several parts of a parcel's page share. */

import { count, day, eventOf, t, word } from "../../texts/index.ts";
import type { Span } from "./answers.ts";
import type { Beside } from "./images.ts";

/** `A` as "ascending"; empty for what has no direction. */
export function directionOf(direction: string | null): string {
  return direction === null || direction === "*" ? "" : word("direction", direction);
}

/** Card and direction of a series or strip. */
export function sensorOf(card: string, direction: string | null): string {
  const both = card !== "s2" && direction === "*";
  const seen = both ? t("direction.both") : directionOf(direction);
  return [word("card", card), seen].filter(Boolean).join(", ");
}

/** Why there is no evidence in a span, e.g. "clouds hide the parcel (3 passes)". */
export function becauseOf(span: Pick<Span, "causes">): string {
  return Object.entries(span.causes)
    .map(([cause, passes]) => `${lostBy(cause)} (${count("parcel.passes", passes)})`)
    .join("; ");
}

/** "No evidence from ... to ... because ...". */
export function gapInWords(span: Span): string {
  return t("parcel.gap.sentence", {
    first: day(span.from),
    last: day(span.to),
    because: becauseOf(span),
  });
}

/** Where a look stands to an event, as a sentence. */
export function besideInWords(kind: string, beside: Beside): string {
  // Some events are no happening that a look stands before or after.
  const own = word("spell", kind);
  return own === kind ? t(`parcel.beside.${beside}`, { event: eventOf(kind) }) : own;
}

// Of one parcel it can be said more plainly than of a pass.
function lostBy(cause: string): string {
  const plain = word("lost", cause);
  return plain === cause ? word("cause", cause) : plain;
}
