/** Names of parcels on the map, written in HTML: it needs no fonts from anywhere. */

export interface Corner {
  text: string;
  x: number;
  y: number;
}

interface Shape {
  text: string;
  geometry: { type: string; coordinates?: unknown };
}

/** Names that are written at a time. */
const MOST = 60;
/** Pixels of a name, some more than it takes. */
const LETTER = 7.5;
const HEIGHT = 18;

/**
 * Where names stand: in the middle of the visible part of their parcel, none over another, and
 * none on a parcel narrower than itself.
 *
 * @param project longitude and latitude to pixels.
 */
export function labels(
  shapes: readonly Shape[],
  project: (longitude: number, latitude: number) => { x: number; y: number },
  size: { width: number; height: number },
): Corner[] {
  const boxes = new Map<string, [number, number, number, number]>();
  for (const { text, geometry } of shapes) {
    const box = boxes.get(text) ?? [
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ];
    for (const [longitude, latitude] of points(geometry.coordinates)) {
      const { x, y } = project(longitude, latitude);
      box[0] = Math.min(box[0], Math.max(x, 0));
      box[1] = Math.min(box[1], Math.max(y, 0));
      box[2] = Math.max(box[2], Math.min(x, size.width));
      box[3] = Math.max(box[3], Math.min(y, size.height));
    }
    boxes.set(text, box);
  }
  const written: Corner[] = [];
  for (const [text, [left, top, right, bottom]] of boxes) {
    const wide = text.length * LETTER;
    if (right - left < wide || bottom - top < HEIGHT) continue;
    const one = { text, x: (left + right) / 2, y: (top + bottom) / 2 };
    const free = written.every(
      (other) =>
        Math.abs(other.y - one.y) > HEIGHT ||
        Math.abs(other.x - one.x) > (wide + other.text.length * LETTER) / 2,
    );
    if (free) written.push(one);
    if (written.length === MOST) break;
  }
  return written;
}

/** The points of a geometry, however deep they lie. */
function* points(coordinates: unknown): Generator<[number, number]> {
  if (!Array.isArray(coordinates)) return;
  if (typeof coordinates[0] === "number") {
    yield [coordinates[0], coordinates[1] as number];
    return;
  }
  for (const part of coordinates) yield* points(part);
}
