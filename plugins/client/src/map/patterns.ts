/** Patterns of states on the map, so that nothing depends on the colour alone: one for each sign. */

export type Pattern = "stripes" | "dots" | "crosses" | "waves" | "rings" | "bars" | "dashes";

const OF_SIGN: Readonly<Record<string, Pattern>> = {
  "!": "stripes",
  "?": "dots",
  x: "crosses",
  "~": "waves",
  o: "rings",
  "=": "bars",
  "-": "dashes",
};

export const PATTERNS: readonly Pattern[] = Object.values(OF_SIGN);

/** Pixels along a side of a pattern, which is repeated. */
export const SIDE = 12;

/** Whether a pixel is drawn; x and y are in 0..SIDE-1. */
const DRAWN: Readonly<Record<Pattern, (x: number, y: number) => boolean>> = {
  stripes: (x, y) => (x + y) % 6 < 2,
  dots: (x, y) => (x % 6) + (y % 6) < 2 || (x % 6 === 1 && y % 6 === 1),
  crosses: (x, y) => (x + y) % 6 === 0 || (x - y + SIDE) % 6 === 0,
  waves: (x, y) => (y + (x % 6 < 3 ? 0 : 1)) % 6 === 0,
  rings: (x, y) => {
    const away = Math.hypot((x % 12) - 5.5, (y % 12) - 5.5);
    return away > 2 && away < 3.6;
  },
  bars: (_, y) => y % 4 === 0,
  dashes: (x, y) => y % 6 === 0 && x % 6 < 3,
};

/** The pattern of a sign; null for a state that needs none beside the others. */
export function patternOf(sign: string): Pattern | null {
  return OF_SIGN[sign] ?? null;
}

/** A pattern as an image of one ink, clear between its lines. */
export function pixelsOf(
  pattern: Pattern,
  ink: readonly [number, number, number],
): { width: number; height: number; data: Uint8Array } {
  const data = new Uint8Array(SIDE * SIDE * 4);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      if (DRAWN[pattern](x, y)) data.set([...ink, 255], (y * SIDE + x) * 4);
    }
  }
  return { width: SIDE, height: SIDE, data };
}

/** The parts of a colour `#rrggbb`. */
export function rgb(colour: string): [number, number, number] {
  const at = (from: number): number => Number.parseInt(colour.slice(from, from + 2), 16);
  return [at(1), at(3), at(5)];
}
