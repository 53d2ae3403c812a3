/** What charts draw themselves: hatched gaps below the lines, events above them. */

import type uPlot from "uplot";
import type { EventOf, GapOf } from "./series.ts";

const HATCH = "#8b958f";
const EVENT = "#8a3a00";

/** Hatch the times without values. */
export function drawGaps(plot: uPlot, gaps: readonly GapOf[]): void {
  const { ctx, bbox } = plot;
  const pattern = hatch(ctx);
  if (!pattern) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.fillStyle = pattern;
  for (const gap of gaps) {
    const [left, right] = [plot.valToPos(gap.from, "x", true), plot.valToPos(gap.to, "x", true)];
    // A gap of a moment is seen too.
    ctx.fillRect(left - 1, bbox.top, Math.max(right - left, 2) + 1, bbox.height);
  }
  ctx.restore();
}

/** Draw events: their interval as a bar at the top, their best day as a line with a name. */
export function drawEvents(plot: uPlot, events: readonly EventOf[]): void {
  const { ctx, bbox } = plot;
  const unit = devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = EVENT;
  ctx.fillStyle = EVENT;
  ctx.lineWidth = 1.5 * unit;
  ctx.textAlign = "left";
  ctx.font = `600 ${11 * unit}px system-ui, sans-serif`;
  for (const event of events) {
    const [left, right] = [
      plot.valToPos(event.from, "x", true),
      plot.valToPos(event.to, "x", true),
    ];
    const at = plot.valToPos(event.at, "x", true);
    if (at < bbox.left || at > bbox.left + bbox.width) continue;
    ctx.globalAlpha = 0.3;
    ctx.fillRect(left, bbox.top, Math.max(right - left, 2), 6 * unit);
    ctx.globalAlpha = 1;
    ctx.beginPath();
    ctx.moveTo(at, bbox.top);
    ctx.lineTo(at, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(event.label, at + 4 * unit, bbox.top + 18 * unit);
  }
  ctx.restore();
}

function hatch(ctx: CanvasRenderingContext2D): CanvasPattern | null {
  const size = 8;
  const tile = document.createElement("canvas");
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext("2d");
  if (!pen) return null;
  pen.strokeStyle = HATCH;
  pen.beginPath();
  // Three strokes, so that the tile's corners fit together.
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  return ctx.createPattern(tile, "repeat");
}
