/** The legend of states, with counts; a state may be a switch that shows or hides what it marks. */

import { type Family, statesOf } from "../states.ts";
import { num, word } from "../texts/index.ts";
import { Swatch } from "./state.tsx";

export function Legend(props: {
  family: Family;
  /** Number by state; states without a number are left out. */
  counts?: Partial<Record<string, number>> | undefined;
  /** States that are hidden; with it the legend is a row of switches. */
  hidden?: ReadonlySet<string>;
  toggle?: (state: string) => void;
}) {
  const { family, counts, hidden, toggle } = props;
  const states: string[] = statesOf(family).filter((one) => !counts || counts[one]);
  return (
    <ul class="legend">
      {states.map((state) => {
        const inside = (
          <>
            <Swatch family={family} state={state} />
            {word(family, state)}
            {counts && <b>{num(counts[state] ?? 0)}</b>}
          </>
        );
        return (
          <li key={state}>
            {toggle ? (
              <button
                type="button"
                class="plain"
                aria-pressed={!hidden?.has(state)}
                onClick={() => toggle(state)}
              >
                {inside}
              </button>
            ) : (
              <span>{inside}</span>
            )}
          </li>
        );
      })}
    </ul>
  );
}
