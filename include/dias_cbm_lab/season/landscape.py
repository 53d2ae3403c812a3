"""Simulated parcels and the land between them, with the difficult shapes of real parcel files."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from shapely import Polygon

from dias_cbm_lab.season.crops import CONFUSABLE, CROPS, OTHER_LAND, SHARES
from dias_cbm_lab.season.place import Grid, Place
from dias_cbm_lab.season.plan import generator

Geometries = NDArray[np.object_]

_MEAN_HA, _MEDIAN_HA, _LARGEST_HA = 5.4, 2.9, 80.0  # before the gaps to the neighbours
_BLOCK = 1_000.0  # side of the block that is cut into fields, metres
_HOLES, _MULTI, _STRIPS, _OVERLAPS, _SPECKS = 0.04, 0.02, 0.015, 0.01, 0.004
_WRONG = 0.05
_FIRST_PID = 10_001


@dataclass(frozen=True, slots=True)
class Landscape:
    """All land of the area, in metres; later geometries lie on top of earlier ones.

    :param geometry: n parcels.
    :param crop: crop that grows there, as index into ``CROPS``; ``declared`` is the declared one.
    :param other: m pieces of undeclared land, and their ``cover`` as index into ``OTHER_LAND``.
    :param patches: k parts of parcels where another crop grows, ``patch_crop``, than in the rest
        of the parcel ``patch_of``, an index.
    """

    pid: NDArray[np.int64]
    geometry: Geometries
    crop: NDArray[np.int64]
    declared: NDArray[np.int64]
    other: Geometries
    cover: NDArray[np.int64]
    patches: Geometries = field(default_factory=lambda: np.empty(0, dtype=object))
    patch_of: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    patch_crop: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def labels(self, grid: Grid) -> NDArray[np.int32]:
        """A raster of labels: 0 for margins and roads, 1..n parcels, other land, patches."""
        count = len(self.geometry)
        # Small parcels last, so that a field does not hide a strip along it.
        order = np.argsort(-shapely.area(self.geometry), kind="stable")
        shapes = [(geometry, count + 1 + i) for i, geometry in enumerate(self.other)]
        shapes += [(self.geometry[i], int(i) + 1) for i in order]
        shapes += [(patch, self._first_patch + i) for i, patch in enumerate(self.patches)]
        raster = rasterize(
            shapes, out_shape=grid.shape, transform=grid.transform, fill=0, dtype="int32"
        )
        return np.asarray(raster, dtype=np.int32)

    @property
    def _first_patch(self) -> int:
        """Label of the first patch."""
        return len(self.geometry) + len(self.other) + 1

    def labels_of(self, parcels: Sequence[int]) -> list[int]:
        """Labels of some parcels, given by index, and of the patches in them."""
        patches = np.flatnonzero(np.isin(self.patch_of, parcels)) + self._first_patch
        return [*(parcel + 1 for parcel in parcels), *(int(label) for label in patches)]

    def wrong_declarations(self) -> list[dict[str, Any]]:
        """Parcels whose declared crop is not the one that grows there."""
        return [
            {
                "pid": int(self.pid[i]),
                "declared": CROPS[self.declared[i]],
                "true": CROPS[self.crop[i]],
            }
            for i in np.flatnonzero(self.crop != self.declared)
        ]


def compose(place: Place, parcels: int, seed: int) -> Landscape:
    """Cut the farmland into fields, choose parcels among them, and assign crops.

    :param parcels: exact number of parcels.
    """
    rng = generator(seed, "landscape")
    fields, blocks = _cut_fields(place.farmland, rng)
    odd = {
        "strips": math.ceil(_STRIPS * parcels),
        "overlaps": math.ceil(_OVERLAPS * parcels),
        "specks": math.ceil(_SPECKS * parcels),
    }
    pairs = math.ceil(_MULTI * parcels)
    wanted = parcels - sum(odd.values()) + pairs
    used = _choose(fields, blocks, wanted, rng)
    other = np.delete(fields, used)
    geometry = _digitise(fields[used], rng)
    crop = rng.choice(len(CROPS), len(geometry), p=SHARES)
    geometry = _with_holes(geometry, rng)
    geometry, crop = _with_multipolygons(geometry, crop, blocks[used], pairs, rng)
    geometry, crop = _with_oddities(geometry, crop, place.farmland, odd, rng)
    order = rng.permutation(len(geometry))
    geometry, crop = geometry[order], crop[order]
    return Landscape(
        pid=_FIRST_PID + np.arange(len(geometry)),
        geometry=geometry,
        crop=crop,
        declared=_declare(crop, rng),
        other=other,
        cover=rng.choice(len(OTHER_LAND), len(other)),
    )


def _cut_fields(
    farmland: Polygon, rng: np.random.Generator
) -> tuple[Geometries, NDArray[np.int64]]:
    """All fields of the farmland, each with the number of its block."""
    west, south, east, north = farmland.bounds
    columns, rows = round((east - west) / _BLOCK), round((north - south) / _BLOCK)
    corner = np.stack(
        np.meshgrid(np.linspace(west, east, columns + 1), np.linspace(south, north, rows + 1)), -1
    )
    corner[1:-1, 1:-1] += rng.normal(0, _BLOCK / 9, corner[1:-1, 1:-1].shape).clip(-200, 200)
    fields: list[list[tuple[float, float]]] = []
    blocks: list[int] = []
    for row in range(rows):
        for column in range(columns):
            ring = corner[[row, row, row + 1, row + 1], [column, column + 1, column + 1, column]]
            polygon = [(float(x), float(y)) for x, y in ring]
            cells = _split(polygon, _sizes(_area(polygon), rng), rng)
            fields += cells
            blocks += [row * columns + column] * len(cells)
    return np.array([Polygon(cell) for cell in fields]), np.array(blocks)


def _sizes(room: float, rng: np.random.Generator) -> list[float]:
    """Log-normal field sizes in square metres, until the room is filled."""
    sigma = math.sqrt(2 * math.log(_MEAN_HA / _MEDIAN_HA))
    sizes = [0.0]
    while sum(sizes) < room:
        sizes.append(1e4 * min(math.exp(rng.normal(math.log(_MEDIAN_HA), sigma)), _LARGEST_HA))
    return sizes[1:]


def _split(
    polygon: list[tuple[float, float]], sizes: list[float], rng: np.random.Generator
) -> list[list[tuple[float, float]]]:
    """Cut a convex polygon into convex cells whose areas are in proportion to the sizes."""
    if len(sizes) == 1:
        return [polygon]
    middle = max(1, min(len(sizes) - 1, round(len(sizes) * rng.uniform(0.35, 0.65))))
    share = sum(sizes[:middle]) / sum(sizes)
    angle = _long_axis(polygon) + rng.normal(0, 0.08) + (rng.random() < 0.25) * math.pi / 2
    one, two = _cut(polygon, angle, share)
    return _split(one, sizes[:middle], rng) + _split(two, sizes[middle:], rng)


def _long_axis(polygon: list[tuple[float, float]]) -> float:
    points = np.array(polygon)
    points = points - points.mean(axis=0)
    (xx, xy), (_, yy) = points.T @ points
    return 0.5 * math.atan2(2 * xy, xx - yy)


def _cut(
    polygon: list[tuple[float, float]], angle: float, share: float
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Cut across a direction, so that the first part has the given share of the area."""
    along = [x * math.cos(angle) + y * math.sin(angle) for x, y in polygon]
    low, high = min(along), max(along)
    target = share * _area(polygon)
    for _ in range(30):
        position = (low + high) / 2
        if _area(_below(polygon, along, position)) < target:
            low = position
        else:
            high = position
    return _below(polygon, along, high), _below(polygon, [-a for a in along], -high)


def _below(
    polygon: list[tuple[float, float]], along: list[float], limit: float
) -> list[tuple[float, float]]:
    part = []
    for i, (x1, y1) in enumerate(polygon):
        (x2, y2), a1, a2 = polygon[i - 1], along[i], along[i - 1]
        if (a1 < limit < a2) or (a2 < limit < a1):
            t = (limit - a1) / (a2 - a1)
            part.append((x1 + t * (x2 - x1), y1 + t * (y2 - y1)))
        if a1 <= limit:
            part.append((x1, y1))
    return part


def _area(polygon: list[tuple[float, float]]) -> float:
    return (
        abs(sum(polygon[i - 1][0] * y - x * polygon[i - 1][1] for i, (x, y) in enumerate(polygon)))
        / 2
    )


def _choose(
    fields: Geometries, blocks: NDArray[np.int64], wanted: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Indices of the fields that are farmed; some blocks are farmed densely, others hardly."""
    density = rng.beta(1.6, 1.2, blocks.max() + 1)[blocks]
    order = np.argsort(rng.random(len(fields)) ** (1 / (density + 0.02)))[::-1]
    return np.sort(order[:wanted])


def _digitise(fields: Geometries, rng: np.random.Generator) -> Geometries:
    """Draw the boundaries as people do: a gap to the neighbour, and a wavering line."""
    gap = rng.choice([1.0, 2.0, 3.0, 5.0], len(fields))
    inner = shapely.buffer(fields, -gap, join_style="mitre")
    inner = np.where(
        shapely.is_empty(inner), shapely.buffer(fields, -0.5, join_style="mitre"), inner
    )
    line, ring = shapely.get_coordinates(shapely.segmentize(inner, 35.0), return_index=True)
    line = line + rng.normal(0, 0.5, line.shape).clip(-0.9, 0.9)
    first = np.flatnonzero(np.diff(ring, prepend=-1))
    line[np.append(first[1:], len(line)) - 1] = line[first]
    closed = shapely.polygons(shapely.linearrings(line, indices=ring))
    return np.where(shapely.is_valid(closed), closed, inner)


def _with_holes(geometry: Geometries, rng: np.random.Generator) -> Geometries:
    """Ponds and groves inside some parcels."""
    chosen = rng.choice(len(geometry), math.ceil(_HOLES * len(geometry)), replace=False)
    centre = shapely.point_on_surface(geometry[chosen])
    radius = (np.sqrt(shapely.area(geometry[chosen])) * rng.uniform(0.03, 0.12, len(chosen))).clip(
        4, 60
    )
    geometry = geometry.copy()
    geometry[chosen] = shapely.difference(
        geometry[chosen], shapely.buffer(centre, radius, quad_segs=4)
    )
    return geometry


def _with_multipolygons(
    geometry: Geometries,
    crop: NDArray[np.int64],
    blocks: NDArray[np.int64],
    pairs: int,
    rng: np.random.Generator,
) -> tuple[Geometries, NDArray[np.int64]]:
    """Join pairs of fields of one block into one parcel of two parts."""
    same_block = np.flatnonzero(blocks[1:] == blocks[:-1])
    # Every third at most, so that no field is joined twice.
    first = rng.choice(same_block[same_block % 3 == 0], pairs, replace=False)
    geometry = geometry.copy()
    geometry[first] = shapely.union(geometry[first], geometry[first + 1])
    return np.delete(geometry, first + 1), np.delete(crop, first + 1)


def _with_oddities(
    geometry: Geometries,
    crop: NDArray[np.int64],
    farmland: Polygon,
    odd: dict[str, int],
    rng: np.random.Generator,
) -> tuple[Geometries, NDArray[np.int64]]:
    """Narrow strips, parcels declared twice with a shift, and parcels smaller than a pixel."""
    west, south, east, north = shapely.buffer(farmland, -400).bounds

    def points(count: int) -> NDArray[np.float64]:
        return np.column_stack([rng.uniform(west, east, count), rng.uniform(south, north, count)])

    start = points(odd["strips"])
    length, angle = rng.uniform(150, 700, len(start)), rng.uniform(0, np.pi, len(start))
    end = start + length[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    end[:, 1] = end[:, 1].clip(south, north)
    strips = shapely.buffer(
        shapely.linestrings(np.stack([start, end], axis=1)),
        rng.uniform(2, 6, len(start)),
        cap_style="flat",
    )
    copied = rng.choice(len(geometry), odd["overlaps"], replace=False)
    overlaps = shapely.transform(geometry[copied], lambda xy: xy + 13.0)
    specks = shapely.buffer(shapely.points(points(odd["specks"])), 3.0, cap_style="square")
    grassy = [CROPS.index("fallow"), CROPS.index("permanent grass")]
    return (
        np.concatenate([geometry, strips, overlaps, specks]),
        np.concatenate(
            [
                crop,
                rng.choice(grassy, odd["strips"]),
                crop[copied],
                rng.choice(grassy, odd["specks"]),
            ]
        ),
    )


def _declare(crop: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    """The declared crops: one in twenty is wrong, half of them at random, half by confusion."""
    declared = crop.copy()
    wrong = rng.choice(len(crop), round(_WRONG * len(crop)), replace=False)
    for number, i in enumerate(wrong):
        true = int(crop[i])
        if number % 2:
            declared[i] = CROPS.index(rng.choice(CONFUSABLE[CROPS[true]]))
        else:
            others = np.delete(np.arange(len(CROPS)), true)
            weights = np.delete(SHARES, true)
            declared[i] = rng.choice(others, p=weights / weights.sum())
    return declared
