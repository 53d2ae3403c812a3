/**
 * Colours and signs of states: the only place where they stand.
 *
 * Those of passes are the calendar's of the mails. Within a family colours can be told apart with
 * every colour blindness, and by the sign without any colour; a test holds both.
 */

import states from "./states.json" with { type: "json" };

export interface Look {
  colour: string;
  /** Colour of writing on it. */
  ink: string;
  sign: string;
}

type States = typeof states;
export type Family = keyof States;
export type StateOf<F extends Family> = keyof States[F] & string;

const UNKNOWN: Look = { colour: "#ffffff", ink: "#1c2420", sign: "" };

/** The look of a state; white for one that this page does not know yet. */
export function look(family: Family, state: string): Look {
  return (states[family] as Record<string, Look>)[state] ?? UNKNOWN;
}

/** The states of a family, in their order: the worst first, or the best. */
export function statesOf<F extends Family>(family: F): StateOf<F>[] {
  return Object.keys(states[family]) as StateOf<F>[];
}
