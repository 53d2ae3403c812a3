"""The ground that all layers of a product cover: clipped products have layers that end elsewhere.

Values are computed only there, so that all bands of a parcel are of the same pixels, and each pixel
has its scene class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from affine import Affine

from dias_cbm.errors import NoOverlap
from dias_cbm.products.model import Band, Grid

#: West, south, east, north.
Bounds = tuple[float, float, float, float]

#: Part of a pixel that is a rounding error.
_ROUNDING = 1e-3

_SIDES = ("west", "south", "east", "north")


def limited(layers: Sequence[Band]) -> tuple[list[Band], str | None]:
    """Layers limited to the ground that all of them cover.

    A coarse pixel that lies there in part is kept whole.

    :param layers: of one product, in one CRS, with pixels that nest.
    :returns: the layers, in order; and in words what was left out, None if nothing was.
    :raises NoOverlap: they have no ground in common.
    """
    finest = min(layers, key=lambda band: band.grid.transform.a)
    shared = common(layers)
    beyond = {
        band.name: reach
        for band in layers
        if (reach := _beyond(band.grid.bounds, shared, band.grid.transform.a))
    }
    if not beyond:
        return list(layers), None
    columns, rows = _size(shared, finest.grid)
    words = "; ".join(f"{name} reaches {reach} further" for name, reach in beyond.items())
    text = (
        f"its layers share {columns} x {rows} pixels of {finest.name}: {words};"
        " what they do not share is not covered"
    )
    return [_cut(band, shared) for band in layers], text


def common(layers: Sequence[Band]) -> Bounds:
    """The bounds that all layers share.

    :raises NoOverlap: they share less than a pixel of the finest.
    """
    bounds = np.array([band.grid.bounds for band in layers])
    west, south = bounds[:, :2].max(axis=0)
    east, north = bounds[:, 2:].min(axis=0)
    pixel = min(band.grid.transform.a for band in layers)
    if min(east - west, north - south) < pixel * (1 - _ROUNDING):
        first, last = _apart(layers)
        raise NoOverlap(
            f"its layers have no ground in common: {first.name} covers {_text(first.grid.bounds)},"
            f" {last.name} {_text(last.grid.bounds)}",
            subject=first.path,
        )
    return float(west), float(south), float(east), float(north)


def _apart(layers: Sequence[Band]) -> tuple[Band, Band]:
    """The two layers that are furthest apart, in x or in y."""
    pairs = []
    for low in (0, 1):
        ends_first = min(layers, key=lambda band: band.grid.bounds[low + 2])
        begins_last = max(layers, key=lambda band: band.grid.bounds[low])
        gap = begins_last.grid.bounds[low] - ends_first.grid.bounds[low + 2]
        pairs.append((gap, ends_first, begins_last))
    _, first, last = max(pairs, key=lambda pair: pair[0])
    return first, last


def _beyond(bounds: Bounds, shared: Bounds, own_pixel: float) -> str:
    """By how much a layer reaches beyond, side by side; parts of its own pixel do not count."""
    reach = np.array(bounds) - shared
    reach[:2] *= -1
    return " and ".join(
        f"{length:g} {side}"
        for length, side in zip(reach, _SIDES, strict=True)
        if length > own_pixel * (1 - _ROUNDING)
    )


def _size(bounds: Bounds, grid: Grid) -> tuple[int, int]:
    west, south, east, north = bounds
    return round((east - west) / grid.transform.a), round((south - north) / grid.transform.e)


def _cut(band: Band, shared: Bounds) -> Band:
    """A layer limited to its pixels that lie in the shared bounds, at least in part."""
    grid, transform = band.grid, band.grid.transform
    west, south, east, north = shared
    left = int(np.floor((west - transform.c) / transform.a + _ROUNDING))
    right = int(np.ceil((east - transform.c) / transform.a - _ROUNDING))
    top = int(np.floor((north - transform.f) / transform.e + _ROUNDING))
    bottom = int(np.ceil((south - transform.f) / transform.e - _ROUNDING))
    part = Grid(grid.crs, transform @ Affine.translation(left, top), right - left, bottom - top)
    if part == grid:
        return band
    return replace(band, grid=part, row=band.row + top, column=band.column + left)


def _text(bounds: Bounds) -> str:
    return " ".join(f"{number:.10g}" for number in bounds)
