/** One bar of shares by state, each part with its number, so that no part is known by colour only. */

import { type Family, look, statesOf } from "../states.ts";
import { num, percent, word } from "../texts/index.ts";
import { Swatch } from "./state.tsx";

export function Bar(props: {
  family: Family;
  label: string;
  counts: Partial<Record<string, number>>;
  /** Where a part leads; null where there is no page that shows what it counts. */
  href?: (state: string) => string | null;
}) {
  const parts = statesOf(props.family)
    .map((state) => ({ state: state as string, n: props.counts[state] ?? 0 }))
    .filter(({ n }) => n > 0);
  const total = parts.reduce((sum, { n }) => sum + n, 0);
  let at = 0;
  return (
    <figure class="bar">
      <figcaption>{props.label}</figcaption>
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
        {parts.map(({ state, n }) => {
          const [x, width] = [at, (100 * n) / total];
          at += width;
          const { colour } = look(props.family, state);
          return <rect key={state} x={x} y="0" width={width} height="4" fill={colour} />;
        })}
      </svg>
      <ul class="legend">
        {parts.map(({ state, n }) => {
          const href = props.href?.(state) ?? null;
          const shown = `${num(n)} (${percent(n / total)})`;
          return (
            <li key={state}>
              <span>
                <Swatch family={props.family} state={state} />
                {word(props.family, state)}
                {href ? <a href={href}>{shown}</a> : <b>{shown}</b>}
              </span>
            </li>
          );
        })}
      </ul>
    </figure>
  );
}

/** How much of something is done. */
export function Progress({ done, total, label }: { done: number; total: number; label: string }) {
  return (
    <div class="progress">
      <progress max={Math.max(total, 1)} value={done} aria-label={label} />
      <span>{label}</span>
    </div>
  );
}
