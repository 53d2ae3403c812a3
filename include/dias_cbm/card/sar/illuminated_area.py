"""Radiometric terrain correction: the illuminated area of the terrain in each pixel of an image.

D. Small, "Flattening Gamma: Radiometric Terrain Correction for SAR Imagery", IEEE Transactions on
Geoscience and Remote Sensing 49(8), 2011: beta0 is divided by the area of all ground that an image
pixel sees, projected onto the plane perpendicular to the look direction. Here that area is a share
of what it would be on the ellipsoid, so that gamma0 on the ellipsoid becomes gamma0 on the terrain.

The ground is cut into facets of half a map pixel. A facet of area a on the map, at the incidence
angle t and with the slope s towards the satellite, has the projected area a (cos t + s sin t). It
is shared by the four pixels of the image around its place; facets in shadow have none.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from affine import Affine
from numpy.typing import NDArray

from dias_cbm.card.sar import layover_shadow
from dias_cbm.card.sar.annotation import Annotation
from dias_cbm.card.sar.geocoding_nodes import STEP, GeocodingNodes, Lattice
from dias_cbm.card.sar.geometry import detected_coordinates
from dias_cbm.card.sar.grd_positions import positions
from dias_cbm.card.sar.look import EARTH_RADIUS, Look, across_columns, across_rows, look_of
from dias_cbm.products.model import Grid

Floats = NDArray[np.float64]
Block = tuple[int, int, int, int]

#: Facets along the side of a map pixel.
REFINEMENT = 2
#: Pixels with a smaller share of the ellipsoid's area are in shadow: noise would be multiplied.
LEAST = 0.05
#: Rows of facets that are worked on at a time.
_ROWS = 128
#: Image pixels around the part of the image, for facets that lie just outside.
_BESIDE = 3.0
#: Image pixels beside the image within which its geometry can be relied on.
_NEAR = 400.0
#: Nodes that an affine map is fitted to, at least.
_ENOUGH = 8


class Surroundings(NamedTuple):
    """The ground that a part of the image may show.

    :param block: row, column, height and width in the grid, in pixels.
    :param seen: of its pixels, as by :func:`layover_shadow.find`.
    """

    block: Block
    seen: NDArray[np.uint8]


def area_ratio(
    lattice: Lattice, annotation: Annotation, window: Block, around: Surroundings
) -> NDArray[np.float32]:
    """Illuminated area of a part of the image, as a share of the ellipsoid's.

    :param window: row, column, height and width in the image.
    :param around: all ground that it shows, see :func:`ground_of`.
    :returns: float32[height, width]; NaN where it is less than ``LEAST``.
    """
    fine = refined(lattice)
    row, column, height, width = (REFINEMENT * one for one in around.block)
    total = np.zeros(window[2:])
    for first in range(0, height, _ROWS):
        rows = min(_ROWS, height - first)
        # One facet more on each side, for the slopes.
        block = (row + first - 1, column - 1, rows + 2, width + 2)
        nodes = fine.nodes(*block)
        line, sample, above = _places(fine, annotation, block, nodes)
        _add(
            line - window[0],
            sample - window[1],
            above,
            _cells(annotation, nodes, look_of(nodes)),
            (block[0] - nodes.first[0], block[1] - nodes.first[1]),
            fine.grid.transform.a,
            around.seen,
            first,
            total,
        )
    ratio = total.astype(np.float32)
    ratio[ratio < LEAST] = np.nan
    return ratio


def refined(lattice: Lattice) -> Lattice:
    """The lattice of facets: the same ground in smaller pixels."""
    grid = lattice.grid
    transform = grid.transform @ Affine.scale(1 / REFINEMENT)
    fine = Grid(grid.crs, transform, grid.width * REFINEMENT, grid.height * REFINEMENT)
    return Lattice(fine, lattice.orbit, lattice.dem)


def ground_of(
    annotation: Annotation,
    nodes: GeocodingNodes,
    block: Block,
    window: Block,
    heights: tuple[float, float],
    pixel: float,
) -> Block:
    """The part of the grid with all ground between two heights that a part of the image shows.

    :param nodes: around a block whose pixels lie in that part of the image.
    :param heights: above the ellipsoid, m.
    :param pixel: m.
    :returns: row, column, height and width in the grid, at least the block.
    """
    affine, off = _map_of(annotation, nodes)
    top, left = window[0] - _BESIDE, window[1] - _BESIDE
    bottom, right = window[0] + window[2] + _BESIDE, window[1] + window[3] + _BESIDE
    corners = np.array([[1, y, x] for y in (top, bottom) for x in (left, right)]) @ affine
    look = look_of(nodes)
    away = np.array([look.along_rows.mean(), look.along_columns.mean()])
    away /= np.hypot(*away)
    cosine = float(look.cosine.mean())
    # High ground is seen nearer than it is.
    moved = [away * height / np.sqrt(1 - cosine**2) * cosine / pixel for height in heights]
    everywhere = np.concatenate([corners + one for one in moved])
    low = np.minimum(np.floor(everywhere.min(axis=0) - off), block[:2]).astype(int)
    end = np.array(block[:2]) + block[2:]
    high = np.maximum(np.ceil(everywhere.max(axis=0) + off), end).astype(int)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


def _map_of(annotation: Annotation, nodes: GeocodingNodes) -> tuple[Floats, Floats]:
    """The place in the grid of lines and samples at height 0, as an affine map.

    Far beside the image its polynomials mean nothing: only nodes near it are used, if there are.

    :returns: (3, 2) for rows and columns of 1, line and sample; and their largest errors.
    """
    line, sample = (one.ravel() for one in detected_coordinates(annotation, *nodes.at(0.0)))
    rows, columns = np.indices(nodes.dem_row.shape) * STEP + np.array(nodes.first)[:, None, None]
    places = np.stack([rows.ravel(), columns.ravel()], axis=1)
    terms = np.stack([np.ones(line.size), line, sample], axis=1)
    there = np.isfinite(terms).all(axis=1)
    near = there & (np.abs(2 * line - annotation.lines) < annotation.lines + 2 * _NEAR)
    near &= np.abs(2 * sample - annotation.samples) < annotation.samples + 2 * _NEAR
    used = near if near.sum() >= _ENOUGH else there
    affine, *_ = np.linalg.lstsq(terms[used], places[used], rcond=None)
    off = np.abs(terms[used] @ affine - places[used]).max(axis=0) + 1
    return affine, np.minimum(off, _NEAR)


def _places(
    fine: Lattice, annotation: Annotation, block: Block, nodes: GeocodingNodes
) -> tuple[Floats, Floats, Floats]:
    """Line, sample and height of facets; flat sea where the terrain model has no height.

    NaN for facets beside the image.
    """
    piece = positions(fine, annotation, *block[:2], nodes).piece(0, *block[2:], heights=True)
    line, sample, above, lacking = piece.line, piece.sample, piece.above, piece.missing > 0
    if lacking.any():
        at_sea = detected_coordinates(annotation, *fine.at_sea_level(*block, nodes))
        line[lacking], sample[lacking] = at_sea[0][lacking], at_sea[1][lacking]
        above[lacking] = nodes.undulation.mean()
    return line, sample, above


def _cells(annotation: Annotation, nodes: GeocodingNodes, look: Look) -> Floats:
    """What the areas of facets are computed from, by cells: rows x columns x 6.

    The cosine of the incidence angle and its rise with height, the growth of the slant range per
    facet along rows and columns, one over the ellipsoid's area of an image pixel there, and the
    change of that with height.
    """
    line, sample = detected_coordinates(annotation, *nodes.at(0.0))
    pixels = np.abs(
        across_rows(line) * across_columns(sample) - across_columns(line) * across_rows(sample)
    )
    # An image pixel shows ground of height h at the place of ellipsoid that is nearer by h / tan t.
    bend = look.cosine / look.slant_range + 1 / EARTH_RADIUS
    return np.stack(
        [
            look.cosine,
            look.cosine_rise,
            look.along_rows,
            look.along_columns,
            pixels / look.cosine,
            bend,
        ],
        axis=-1,
    )


@numba.njit(cache=True, nogil=True)
def _add(
    line: Floats,
    sample: Floats,
    above: Floats,
    cells: Floats,
    origin: tuple[int, int],
    pixel: float,
    seen: NDArray[np.uint8],
    first: int,
    total: Floats,
) -> None:  # pragma: no cover - compiled
    """Add the areas of facets to the pixels of a part of the image.

    :param line: of facets in that part; those at the edges only serve for the slopes.
    :param origin: of the facets, in facets after the first node.
    :param pixel: side of a facet, m.
    :param seen: of map pixels; its first belongs to the facet in row ``-first`` + 1, column 1.
    """
    square = pixel * pixel
    for row in range(1, line.shape[0] - 1):
        for column in range(1, line.shape[1] - 1):
            y, x = line[row, column], sample[row, column]
            if not (-1 < y < total.shape[0] and -1 < x < total.shape[1]):
                continue
            mask = seen[(first + row - 1) // REFINEMENT, (column - 1) // REFINEMENT]
            if mask & layover_shadow.SHADOW:
                continue
            cell = cells[(row + origin[0]) // STEP, (column + origin[1]) // STEP]
            h = above[row, column]
            down = (above[row + 1, column] - above[row - 1, column]) / 2
            right = (above[row, column + 1] - above[row, column - 1]) / 2
            slope = (cell[2] * down + cell[3] * right) / square
            area = (cell[0] + h * cell[1] + slope) * cell[4] / (1 + h * cell[5])
            if area > 0:
                _share(total, y, x, area)


@numba.njit(cache=True, nogil=True)
def _share(total: Floats, y: float, x: float, area: float) -> None:  # pragma: no cover - compiled
    """Share an area among the four pixels around a place."""
    i, j = int(np.floor(y)), int(np.floor(x))
    down, right = y - i, x - j
    if i >= 0:
        if j >= 0:
            total[i, j] += (1 - down) * (1 - right) * area
        if j + 1 < total.shape[1]:
            total[i, j + 1] += (1 - down) * right * area
    if i + 1 < total.shape[0]:
        if j >= 0:
            total[i + 1, j] += down * (1 - right) * area
        if j + 1 < total.shape[1]:
            total[i + 1, j + 1] += down * right * area
