/** The parcel's pixels on one optical date: a histogram of NDVI, and red beside near infrared. */

import { useState } from "preact/hooks";
import { config } from "../../config.ts";
import { Empty, Loaded, useAnswer } from "../../parts/loaded.tsx";
import { num, t } from "../../texts/index.ts";
import type { Look, Pixels } from "./answers.ts";
import { binsOf, middleOf } from "./histogram.ts";

const WIDTH = 180;
const HEIGHT = 110;
/** Reflectance at the far ends of the scatter: bright soil, and dense crops. */
const MOST = { red: 0.3, nir: 0.6 };

export function PixelsOf({ look }: { look: Look }) {
  const [open, opens] = useState(false);
  return (
    <details onToggle={(event) => opens(event.currentTarget.open)}>
      <summary>{t("parcel.pixels_of")}</summary>
      {open && <Shown look={look} />}
    </details>
  );
}

function Shown({ look }: { look: Look }) {
  const answer = useAnswer<Pixels>(`${config.root}${look.about.replace(/\?.*$/, "")}/pixels`);
  return (
    <Loaded of={answer}>
      {(found) =>
        found.pixels === 0 ? <Empty>{t("parcel.pixels.none")}</Empty> : <Pictures of={found} />
      }
    </Loaded>
  );
}

function Pictures({ of: found }: { of: Pixels }) {
  const bins = binsOf(found.ndvi);
  const most = Math.max(...bins.map(({ count }) => count), 1);
  const wide = WIDTH / Math.max(bins.length, 1);
  const middle = middleOf(found.ndvi);
  const words = t("parcel.pixels.ndvi", {
    pixels: num(found.pixels),
    middle: middle === null ? "–" : num(Math.round(middle * 100) / 100),
  });
  return (
    <div class="pixels">
      <figure>
        <figcaption>{words}</figcaption>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={words}>
          {bins.map(({ from, count }, at) => (
            <rect
              key={from}
              x={at * wide + 0.5}
              width={wide - 1}
              y={HEIGHT - 16 - (count / most) * (HEIGHT - 20)}
              height={(count / most) * (HEIGHT - 20)}
            >
              <title>{`${num(from)}: ${num(count)}`}</title>
            </rect>
          ))}
          <text x="0" y={HEIGHT - 3}>
            {num(bins[0]?.from ?? 0)}
          </text>
          <text x={WIDTH} y={HEIGHT - 3} text-anchor="end">
            {num(bins.at(-1)?.to ?? 1)}
          </text>
        </svg>
      </figure>
      <figure>
        <figcaption>{t("parcel.pixels.scatter")}</figcaption>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={t("parcel.pixels.scatter")}>
          <path d={`M0.5 0V${HEIGHT - 16}H${WIDTH}`} />
          {found.red.map((red, at) => (
            <circle
              key={at}
              cx={(Math.min(red, MOST.red) / MOST.red) * WIDTH}
              cy={(1 - Math.min(found.nir[at] ?? 0, MOST.nir) / MOST.nir) * (HEIGHT - 16)}
              r="1.5"
            />
          ))}
          <text x={WIDTH} y={HEIGHT - 3} text-anchor="end">
            {num(MOST.red)}
          </text>
          <text x="4" y="10">
            {num(MOST.nir)}
          </text>
        </svg>
      </figure>
    </div>
  );
}
