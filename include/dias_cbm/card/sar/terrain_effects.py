"""Effects of the terrain on a block of backscatter: what hides, overlays and brightens it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar import layover_shadow
from dias_cbm.card.sar.annotation import Annotation
from dias_cbm.card.sar.dem import window_around
from dias_cbm.card.sar.geocoding_nodes import STEP, GeocodingNodes, Lattice
from dias_cbm.card.sar.illuminated_area import Surroundings, area_ratio, ground_of
from dias_cbm.card.sar.look import look_of

Floats = NDArray[np.float64]
Values = NDArray[np.float32]
Block = tuple[int, int, int, int]

#: Times that the ground which a part of the image shows is widened, as higher ground comes in.
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class TerrainOptions:
    """Which effects are looked for.

    :param flattening: divide by the illuminated area.
    :param mask: a band that tells layover and shadow.
    :param incidence: a band with the local incidence angle.
    """

    flattening: bool = False
    mask: bool = False
    incidence: bool = False

    def __bool__(self) -> bool:
        return self.flattening or self.mask or self.incidence


class TerrainEffects(NamedTuple):
    """The effects on a block.

    :param seen: of its pixels, as by :func:`layover_shadow.find`.
    :param mask: the same as a layer of the product; None if not asked for.
    :param incidence: of its pixels, degrees; None if not asked for.
    :param area: of the part of the image, as by :func:`illuminated_area.area_ratio`; None likewise.
    """

    seen: NDArray[np.uint8]
    mask: NDArray[np.uint8] | None
    incidence: Values | None
    area: Values | None


def effects_of(
    lattice: Lattice,
    annotation: Annotation,
    block: Block,
    window: Block,
    options: TerrainOptions,
) -> TerrainEffects:
    """The effects of the terrain on a block.

    :param block: row, column, height and width in the grid.
    :param window: the part of the image that holds it.
    :raises ElevationError: the terrain model cannot be read.
    """
    pixel = lattice.grid.transform.a
    nodes = lattice.nodes(*block)
    ground = block
    low, high = _heights(lattice, nodes)
    for _ in range(_ROUNDS):
        if options.flattening:
            ground = ground_of(annotation, nodes, block, window, (low, high), pixel)
        margin = 1 + math.ceil(layover_shadow.reach(look_of(nodes), low, high) / pixel)
        wide = _widened(ground, margin)
        wide_nodes = lattice.nodes(*wide)
        found = _heights(lattice, wide_nodes)
        if low <= found[0] and found[1] <= high:
            break
        low, high = min(low, found[0]), max(high, found[1])
    look = look_of(wide_nodes)
    above = lattice.locate(*wide, wide_nodes).above.astype(np.float32)
    around = Surroundings(ground, layover_shadow.find(look, above, ground[:2], margin, pixel))
    top, left = block[0] - ground[0], block[1] - ground[1]
    part = slice(top, top + block[2]), slice(left, left + block[3])
    incidence = None
    if options.incidence:
        incidence = np.empty(block[2:], np.float32)
        origin = block[0] - look.first[0], block[1] - look.first[1]
        beside = above[top + margin - 1 :, left + margin - 1 :]
        angles = (look.cosine, look.cosine_rise, look.along_rows, look.along_columns)
        _incidence(angles, origin, beside, pixel, incidence)
    area = area_ratio(lattice, annotation, window, around) if options.flattening else None
    seen = around.seen[part]
    return TerrainEffects(seen, seen if options.mask else None, incidence, area)


def _widened(block: Block, margin: int) -> Block:
    row, column, height, width = block
    return row - margin, column - margin, height + 2 * margin, width + 2 * margin


def _heights(lattice: Lattice, nodes: GeocodingNodes) -> tuple[float, float]:
    """The least and the largest height above the ellipsoid around nodes; sea level for none."""
    surface = lattice.dem.read(*window_around(nodes.dem_row, nodes.dem_column, lattice.dem.shape))
    there = surface[np.isfinite(surface)]
    low, high = (float(there.min()), float(there.max())) if there.size else (0.0, 0.0)
    if there.size < surface.size:
        low, high = min(low, 0.0), max(high, 0.0)
    return low + float(nodes.undulation.min()), high + float(nodes.undulation.max())


@numba.njit(cache=True, nogil=True)
def _incidence(
    look: tuple[Floats, Floats, Floats, Floats],
    origin: tuple[int, int],
    above: Values,
    pixel: float,
    result: Values,
) -> None:  # pragma: no cover - compiled
    """The angle between the look and the normal of the terrain, in degrees.

    :param origin: of the block, in pixels after the first node.
    :param above: heights from the pixel before the block's first one.
    """
    cosines, rises, along_rows, along_columns = look
    for row in range(result.shape[0]):
        for column in range(result.shape[1]):
            i, j = (row + origin[0]) // STEP, (column + origin[1]) // STEP
            y, x = row + 1, column + 1
            down = (above[y + 1, x] - above[y - 1, x]) / (2 * pixel)
            right = (above[y, x + 1] - above[y, x - 1]) / (2 * pixel)
            facing = (along_rows[i, j] * down + along_columns[i, j] * right) / pixel
            cosine = cosines[i, j] + above[y, x] * rises[i, j] + facing
            cosine /= math.sqrt(1 + down * down + right * right)
            result[row, column] = math.degrees(math.acos(min(max(cosine, -1.0), 1.0)))
