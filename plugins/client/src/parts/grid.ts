/** Steps through a grid with holes, by the keys of arrows. */

export interface Place {
  row: number;
  column: number;
}

/** The index of the place that a key leads to; null if it leads nowhere. */
export function step(key: string, at: number, places: readonly Place[]): number | null {
  const from = places[at];
  if (!from) return null;
  const distance = distanceOf(key, from);
  if (distance === null) return null;
  let best: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  places.forEach((one, index) => {
    const far = index === at ? null : distance(one);
    if (far !== null && far < least) {
      least = far;
      best = index;
    }
  });
  return best;
}

// Null for a place that does not lie in the direction; the row counts more than the column.
function distanceOf(key: string, from: Place): ((to: Place) => number | null) | null {
  const inRow = (sign: number) => (to: Place) => {
    const far = sign * (to.column - from.column);
    return to.row === from.row && far > 0 ? far : null;
  };
  const inColumn = (sign: number) => (to: Place) => {
    const far = sign * (to.row - from.row);
    return far > 0 ? far * 1e6 + Math.abs(to.column - from.column) : null;
  };
  const toEnd = (sign: number) => (to: Place) =>
    to.row === from.row && sign * (to.column - from.column) > 0 ? -sign * to.column : null;
  const keys: Record<string, (to: Place) => number | null> = {
    ArrowRight: inRow(1),
    ArrowLeft: inRow(-1),
    ArrowDown: inColumn(1),
    ArrowUp: inColumn(-1),
    End: toEnd(1),
    Home: toEnd(-1),
  };
  return keys[key] ?? null;
}
