"""Synthetic parcels with the shapes and sizes of a real declaration.

Blocks of 2 km with jittered corners are cut into fields of log-normal size; then come gaps to the
neighbours, digitised edges, holes, parts, narrow strips and overlaps. Mean 4.7 ha, median 2.5 ha.
"""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[np.object_]

_BLOCK_M = 2_000.0
_MEAN_HA, _MEDIAN_HA = 5.2, 2.8  # before the gaps
_HOLES, _MULTI, _STRIPS, _OVERLAPS = 0.04, 0.02, 0.015, 0.01
_EDGE_M, _WAVER_M = 35.0, 0.5


def compose(bounds: tuple[float, float, float, float], parcels: int, seed: int) -> Geometries:
    """A number of parcels within bounds, in random order, all valid.

    :param bounds: west, south, east and north in metres.
    :raises ValueError: they do not fit.
    """
    rng = np.random.default_rng(seed)
    strips, overlaps = math.ceil(_STRIPS * parcels), math.ceil(_OVERLAPS * parcels)
    pairs = math.ceil(_MULTI * parcels)
    cells, block = _cut(bounds, rng)
    wanted = parcels - strips - overlaps + pairs
    if wanted > len(cells):
        raise ValueError(f"{parcels} parcels do not fit into {len(cells)} fields")
    fields = _digitise(cells[_choose(block, wanted, rng)], rng)
    fields = _with_parts(_with_holes(fields, rng), pairs, rng)
    copied = fields[rng.choice(len(fields), overlaps, replace=False)]
    shifted = shapely.transform(copied, lambda xy: xy + 13.0)
    every = np.concatenate([fields, _strips(bounds, strips, rng), shifted])
    return every[rng.permutation(len(every))]


def shifted_copies(geometries: Geometries, count: int) -> Geometries:
    """More parcels, by shifted copies: each copy lies 7 m further north-east."""
    copies = -(-count // len(geometries))
    moved = np.concatenate([geometries] * copies)[:count]
    points, owner = shapely.get_coordinates(moved, return_index=True)
    shift = 7.0 * (owner // len(geometries))
    return np.asarray(shapely.set_coordinates(moved, points + shift[:, None]))


def _cut(
    bounds: tuple[float, float, float, float], rng: np.random.Generator
) -> tuple[Geometries, NDArray[np.int64]]:
    """All fields, and the block each is in."""
    corners = _corners(bounds, rng)
    room = _BLOCK_M**2 / 1e4 / _MEAN_HA
    fields = np.maximum(rng.poisson(room, len(corners)), 1)
    sigma = math.sqrt(2 * math.log(_MEAN_HA / _MEDIAN_HA))
    below = np.concatenate(([0.0], np.cumsum(rng.lognormal(0, sigma, fields.sum()))))
    ends = np.cumsum(fields)
    spans = np.column_stack((ends - fields, ends))
    unit = np.tile([0.0, 1.0, 0.0, 1.0], (len(corners), 1))
    cells, owner = _halve(spans, unit, below, rng)
    return _place(cells, corners[owner]), owner


def _corners(
    bounds: tuple[float, float, float, float], rng: np.random.Generator
) -> NDArray[np.float64]:
    """The four corners of each block, counter-clockwise: float64[blocks, 4, 2]."""
    west, south, east, north = bounds
    columns, rows = (max(round(side / _BLOCK_M), 1) for side in (east - west, north - south))
    x, y = np.meshgrid(np.linspace(west, east, columns + 1), np.linspace(south, north, rows + 1))
    mesh = np.stack((x, y), axis=-1)
    mesh[1:-1, 1:-1] += rng.normal(0, _BLOCK_M / 8, mesh[1:-1, 1:-1].shape).clip(-400, 400)
    four = (mesh[:-1, :-1], mesh[:-1, 1:], mesh[1:, 1:], mesh[1:, :-1])
    return np.stack(four, axis=2).reshape(-1, 4, 2)


def _halve(
    spans: NDArray[np.int64],
    cells: NDArray[np.float64],
    below: NDArray[np.float64],
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Cut cells of the unit square, all at once, until each holds one field.

    :param spans: int64[n, 2], first field of a cell and the one after its last.
    :param cells: float64[n, 4], from and to in x, from and to in y.
    :param below: cumulated sizes of the fields.
    :returns: the cells in order of their fields, and the first cell that each came from.
    """
    owner = np.arange(len(spans))
    while (several := spans[:, 1] - spans[:, 0] > 1).any():
        first, end = spans[several].T
        cell = cells[several]
        target = below[first] + (below[end] - below[first]) * rng.uniform(0.35, 0.65, len(first))
        middle = np.clip(np.searchsorted(below, target), first + 1, end - 1)
        share = (below[middle] - below[first]) / (below[end] - below[first])
        wide = cell[:, 1] - cell[:, 0] > cell[:, 3] - cell[:, 2]
        # Every fourth cut runs lengthwise, which gives the long narrow fields.
        axis = np.where(wide ^ (rng.random(len(first)) < 0.25), 0, 2)
        one, two, row = cell.copy(), cell.copy(), np.arange(len(cell))
        edge = cell[row, axis] + share * (cell[row, axis + 1] - cell[row, axis])
        one[row, axis + 1] = two[row, axis] = edge
        parts = (np.column_stack((first, middle)), np.column_stack((middle, end)))
        spans = np.concatenate((spans[~several], *parts))
        cells = np.concatenate((cells[~several], one, two))
        owner = np.concatenate((owner[~several], owner[several], owner[several]))
    order = np.argsort(spans[:, 0])
    return cells[order], owner[order]


def _place(cells: NDArray[np.float64], corners: NDArray[np.float64]) -> Geometries:
    """Map cells of the unit square to their blocks; bilinear, so that edges stay straight."""
    left, right, low, high = cells.T
    ring = []
    for u, v in ((left, low), (right, low), (right, high), (left, high), (left, low)):
        weights = np.stack(((1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v), axis=1)
        ring.append((weights[:, :, None] * corners).sum(axis=1))
    return np.asarray(shapely.polygons(np.stack(ring, axis=1)))


def _choose(block: NDArray[np.int64], wanted: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Which fields are declared; some blocks are farmed densely, others hardly."""
    density = rng.beta(1.6, 1.2, block.max() + 1)[block]
    order = np.argsort(rng.random(len(block)) ** (1 / (density + 0.02)))[::-1]
    return np.sort(order[:wanted])


def _digitise(cells: Geometries, rng: np.random.Generator) -> Geometries:
    """Boundaries as people draw them: a gap to the neighbour, and a wavering line."""
    gap = rng.choice([1.0, 2.0, 3.0, 5.0], len(cells))
    inner = shapely.buffer(cells, -gap, join_style="mitre")
    inner = np.where(shapely.is_empty(inner), cells, inner)
    line, ring = shapely.get_coordinates(shapely.segmentize(inner, _EDGE_M), return_index=True)
    line = line + rng.normal(0, _WAVER_M, line.shape).clip(-0.9, 0.9)
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    line[np.append(first[1:], len(line)) - 1] = line[first]
    drawn = shapely.polygons(shapely.linearrings(line, indices=ring))
    return np.where(shapely.is_valid(drawn), drawn, inner)


def _with_holes(fields: Geometries, rng: np.random.Generator) -> Geometries:
    chosen = rng.choice(len(fields), math.ceil(_HOLES * len(fields)), replace=False)
    radius = np.sqrt(shapely.area(fields[chosen])) * rng.uniform(0.03, 0.12, len(chosen))
    centre = shapely.point_on_surface(fields[chosen])
    pond = shapely.buffer(centre, radius.clip(4, 60), quad_segs=4)
    fields = fields.copy()
    fields[chosen] = shapely.difference(fields[chosen], pond)
    return fields


def _with_parts(fields: Geometries, pairs: int, rng: np.random.Generator) -> Geometries:
    """Join each chosen field with the next but one, which is close but seldom adjacent."""
    first = rng.choice(np.arange(0, len(fields) - 2, 3), pairs, replace=False)
    fields = fields.copy()
    fields[first] = shapely.union(fields[first], fields[first + 2])
    return np.delete(fields, first + 2)


def _strips(
    bounds: tuple[float, float, float, float], count: int, rng: np.random.Generator
) -> Geometries:
    west, south, east, north = bounds
    start = np.column_stack((rng.uniform(west, east, count), rng.uniform(south, north, count)))
    angle, length = rng.uniform(0, np.pi, count), rng.uniform(150, 1500, count)
    end = start + length[:, None] * np.column_stack((np.cos(angle), np.sin(angle)))
    end = end.clip((west, south), (east, north))
    lines = shapely.linestrings(np.stack((start, end), axis=1))
    return shapely.buffer(lines, rng.uniform(2, 6, count), cap_style="flat")
