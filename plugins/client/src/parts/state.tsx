/** A state as a person sees it: its colour, its sign and its word. */

import { type Family, type Look, look } from "../states.ts";
import { word } from "../texts/index.ts";

/** Square with the colour and sign of a state. */
export function Swatch({ family, state }: { family: Family; state: string }) {
  return <SwatchOf look={look(family, state)} />;
}

/** The same of what is not a state, e.g. a crop. */
export function SwatchOf({ look: { colour, ink, sign } }: { look: Look }) {
  return (
    <svg class="swatch" viewBox="0 0 16 16" aria-hidden="true">
      <rect x="0.5" y="0.5" width="15" height="15" rx="2" fill={colour} stroke="#4a564f" />
      <text x="8" y="12" text-anchor="middle" fill={ink}>
        {sign}
      </text>
    </svg>
  );
}

/** Square and word. */
export function State({ family, state }: { family: Family; state: string }) {
  return (
    <span class="state">
      <Swatch family={family} state={state} />
      {word(family, state)}
    </span>
  );
}
