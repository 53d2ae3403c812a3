/** A dated image of a parcel at its place on the map, as plain data. */

/** Upper left, upper right, lower right, lower left: longitude and latitude. */
export type Corners = [[number, number], [number, number], [number, number], [number, number]];

export interface Laid {
  /** Whole address of the image. */
  url: string;
  corners: Corners;
  /** 0 to 1. */
  opacity: number;
}

/** Corners on the same side of 180 degrees as the parcel: a map goes on beyond them. */
export function near(corners: Corners, longitude: number): Corners {
  return corners.map(([x, y]) => [x - 360 * Math.round((x - longitude) / 360), y]) as Corners;
}
