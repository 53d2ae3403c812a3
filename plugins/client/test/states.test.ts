import assert from "node:assert/strict";
import { test } from "node:test";
import { type Family, look, statesOf } from "../src/states.ts";

const FAMILIES: Family[] = [
  "pass",
  "verdict",
  "scheme",
  "marker",
  "map_verdict",
  "map_scheme",
  "map_marker",
  "map_gaps",
  "map_observations",
];

type Triple = [number, number, number];

// Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
const SIGHT: Record<string, Triple[]> = {
  full: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function linear(colour: string): Triple {
  return [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Triple;
}

function times(matrix: Triple[], v: Triple): Triple {
  return matrix.map((row) => row[0] * v[0] + row[1] * v[1] + row[2] * v[2]) as Triple;
}

function lab(rgb: Triple): Triple {
  const xyz = times(
    [
      [0.4124, 0.3576, 0.1805],
      [0.2126, 0.7152, 0.0722],
      [0.0193, 0.1192, 0.9505],
    ],
    rgb.map((value) => Math.min(Math.max(value, 0), 1)) as Triple,
  );
  const [x, y, z] = [xyz[0] / 0.9505, xyz[1], xyz[2] / 1.089].map((t) =>
    t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116,
  ) as Triple;
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function distance(one: string, other: string, sight: string): number {
  const matrix = SIGHT[sight] as Triple[];
  const a = lab(times(matrix, linear(one)));
  const b = lab(times(matrix, linear(other)));
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

function contrast(one: string, other: string): number {
  const luminance = (colour: string): number => {
    const [r, g, b] = linear(colour);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05);
}

for (const family of FAMILIES) {
  const states = statesOf(family);
  const pairs = states.flatMap((one, at) => states.slice(at + 1).map((other) => [one, other]));

  for (const sight of Object.keys(SIGHT)) {
    test(`states of ${family} have colours of their own with ${sight}`, () => {
      for (const [one = "", other = ""] of pairs) {
        const apart = distance(look(family, one).colour, look(family, other).colour, sight);
        assert.ok(apart > 12, `${one} and ${other}: ${apart.toFixed(1)}`);
      }
    });
  }

  test(`states of ${family} have signs of their own, or one is far lighter`, () => {
    for (const [one = "", other = ""] of pairs) {
      const [a, b] = [look(family, one), look(family, other)];
      assert.ok(a.sign !== b.sign || contrast(a.colour, b.colour) > 2.5, `${one} and ${other}`);
    }
  });

  test(`signs of ${family} can be read on their colour`, () => {
    for (const state of states) {
      const { colour, ink } = look(family, state);
      assert.ok(contrast(colour, ink) >= 4.5, state);
    }
  });
}

test("a state that the page does not know has a look too", () => {
  assert.equal(look("pass", "new").sign, "");
});
