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

/**
 * Draw events: their interval as a bar at the top, their best day as a line with a name. A state
 * that lasted has no such day.
 *
 * A name that would lie over another one stands in the next line; one without room to the right of
 * its day stands to the left.
 */
export function drawEvents(plot: uPlot, events: readonly EventOf[]): void {
  const { ctx, bbox } = plot;
  const unit = devicePixelRatio;
  const right = bbox.left + bbox.width;
  // How far each line of names is written.
  const written: number[] = [];
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = EVENT;
  ctx.fillStyle = EVENT;
  ctx.lineWidth = 1.5 * unit;
  ctx.textAlign = "left";
  ctx.font = `600 ${11 * unit}px system-ui, sans-serif`;
  const placed = events.map((event) => {
    const [begin, best, end] = [event.from, event.at, event.to].map((time) =>
      plot.valToPos(time, "x", true),
    ) as [number, number, number];
    return { event, begin, end, at: event.lasting ? Math.max(begin, bbox.left) : best };
  });
  for (const { event, begin, end, at } of placed.sort((one, other) => one.at - other.at)) {
    if (at < bbox.left || at > right || end < bbox.left) continue;
    ctx.globalAlpha = 0.3;
    ctx.fillRect(begin, bbox.top, Math.max(end - begin, 2), 6 * unit);
    ctx.globalAlpha = 1;
    if (!event.lasting) {
      ctx.beginPath();
      ctx.moveTo(at, bbox.top);
      ctx.lineTo(at, bbox.top + bbox.height);
      ctx.stroke();
    }
    const wide = ctx.measureText(event.label).width;
    const beside = at + 4 * unit;
    const x = beside + wide > right ? at - 4 * unit - wide : beside;
    const free = written.findIndex((until) => until <= x);
    const line = free < 0 ? written.length : free;
    written[line] = Math.max(x + wide, at) + 4 * unit;
    ctx.fillText(event.label, x, bbox.top + (18 + 13 * line) * unit);
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
