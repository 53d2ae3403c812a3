"""Statistics of parcels over whole scenes, without holding a scene in memory.

A grid is read in stripes, top down, each window by window, into one buffer that is reused. A
window's pixels are copied to their positions in their parcels' slots while they are still in the
processor's cache. After the stripe with its last row, a parcel's pixels become statistics and its
slot is freed. So the way a scene is cut cannot change a result, and a parcel of far-apart pieces
costs no more memory than its pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dias_cbm.config.settings import settings
from dias_cbm.errors import InconsistentProduct
from dias_cbm.extraction.gather import (
    SCL_CLASSES,
    advance,
    count_classes,
    extents,
    gather,
    move,
    spread,
)
from dias_cbm.extraction.grids import Group, groups
from dias_cbm.extraction.indices import SpectralIndex
from dias_cbm.extraction.pixel_window import ClearMask, MaskArrays, MaskReader, NoMask, WindowBuffer
from dias_cbm.extraction.plan import Stripe, Window, plan
from dias_cbm.extraction.projection import project
from dias_cbm.extraction.raster import check_grid, open_bands
from dias_cbm.extraction.rule import Rule
from dias_cbm.extraction.spans import Spans, check_finite
from dias_cbm.extraction.statistics import COUNT, STATISTICS, scaled, summarise
from dias_cbm.extraction.weighted import summarise_weighted
from dias_cbm.geometry import FlatRings
from dias_cbm.products.open import Band, Grid

#: Positions of some parcels, or of all.
Part = np.ndarray | slice


@dataclass(frozen=True, slots=True)
class Zonal:
    """Statistics of k parcels in b bands.

    :param names: the bands, indices last.
    :param statistics: float64[b, k, 8] in the order of ``STATISTICS``; NaN where count is 0.
    :param inside: bool[b, k]; False for a parcel outside the band's grid.
    :param pixels: float64[b, k], the count if every pixel were valid.
    """

    names: list[str]
    statistics: np.ndarray
    inside: np.ndarray
    pixels: np.ndarray


def zonal(
    rings: FlatRings,
    crs: Any,
    bands: Sequence[Band],
    *,
    rule: Rule = Rule.CENTRE,
    indices: Sequence[SpectralIndex] = (),
    inputs: Sequence[Band] = (),
    mask: ClearMask | None = None,
) -> Zonal:
    """Statistics of every parcel in every band and index.

    Bands of one grid are read together and share their spans. An index is computed on the finest
    grid of its bands; coarser bands are resampled to it by nearest neighbour.

    :param rings: k parcels.
    :param crs: of the parcels; they are projected to each grid's CRS.
    :param rule: which pixels count, and how much.
    :param indices: computed per pixel from physical values.
    :param inputs: further bands that the indices may use; they have no statistics of their own.
    :param mask: leave out pixels that are not clear.
    :raises GridError: a grid without CRS, or rotated.
    :raises CorruptProduct: a file cannot be read to the end.
    :raises InconsistentProduct: a scale that is not positive, an index without one of its bands or
        over two CRSs.
    :raises ExtractionFailed: a parcel's coordinates are not finite in a grid's CRS.
    """
    names = [band.name for band in bands] + [index.name for index in indices]
    statistics = np.empty((len(names), _parcels(rings), len(STATISTICS)))
    inside = np.empty(statistics.shape[:2], dtype=bool)
    pixels = np.empty(statistics.shape[:2])
    for group in groups(bands, indices, inputs):
        for part, spans in _lay_spans(rings, crs, group.grid, group.subject, rule):
            collected, covered = _collect(spans, group, mask), spans.covered()
            for layer, place in enumerate(map(names.index, group.names)):
                inside[place, part], pixels[place, part] = spans.inside, covered
                statistics[place, part] = collected[layer]
            del spans  # free the memory before the next are built
    return Zonal(names, statistics, inside, pixels)


def histogram(rings: FlatRings, crs: Any, scl: Band) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of each class per parcel, by the centre rule on the classification's own grid.

    :returns: counts int64[k, 12], and bool[k], False for a parcel outside the grid.
    :raises InconsistentProduct: a value that is not a class; and as :func:`zonal`.
    """
    ((_, spans),) = _lay_spans(rings, crs, scl.grid, scl.path, Rule.CENTRE)
    counts = np.zeros((_parcels(rings), SCL_CLASSES + 1), dtype=np.int64)
    cursor = spans.offsets[:-1].copy()
    with open_bands([scl]) as (raster,):
        stripes = plan(spans, scl.grid, raster.block_shape(scl), settings().extraction.stripe_rows)
        for stripe, parcels, _ in _active(spans, stripes):
            left, right = stripe.windows[0].left, stripe.windows[-1].right
            pixels = np.zeros((1, stripe.end - stripe.first, right - left), np.uint8)
            for window in stripe.windows:
                raster.read([scl], window, pixels[:, :, window.left - left : window.right - left])
            area = (stripe.first, stripe.end, left)
            count_classes(pixels[0], area, spans.runs, spans.offsets, parcels, cursor, counts)
    if counts[:, SCL_CLASSES].any():
        raise InconsistentProduct("holds values that are not a class", subject=scl.path)
    return counts[:, :SCL_CLASSES], spans.inside


def _parcels(rings: FlatRings) -> int:
    return len(rings.parcel_ring_offsets) - 1


def _lay_spans(
    rings: FlatRings, crs: Any, grid: Grid, subject: str, rule: Rule
) -> Iterator[tuple[Part, Spans]]:
    """Spans of the parcels from north to south, as many at a time as the rule allows."""
    check_grid(grid, subject)
    placed = project(rings, crs, grid.crs)
    layout = grid.transform, grid.width, grid.height
    if rule.at_a_time is None or _parcels(rings) <= rule.at_a_time:
        yield slice(None), rule.build(placed, *layout)
        return
    check_finite(placed)
    order = np.argsort(-_northernmost(placed), kind="stable")
    for first in range(0, len(order), rule.at_a_time):
        part = order[first : first + rule.at_a_time]
        yield part, rule.build(placed.take(part), *layout)


def _northernmost(rings: FlatRings) -> np.ndarray:
    """The largest y of each parcel: float64[k], infinite for one without rings."""
    result = np.full(_parcels(rings), np.inf)
    offsets = rings.vertex_offsets
    filled = np.diff(offsets) > 0
    if filled.any():
        result[filled] = np.maximum.reduceat(rings.coordinates[:, 1], offsets[:-1][filled])
    return result


def _active(
    spans: Spans, stripes: Sequence[Stripe]
) -> Iterator[tuple[Stripe, np.ndarray, np.ndarray]]:
    """Each stripe with the parcels that have pixels in it or on both sides of it.

    Parcels carried over from the stripe before come first, in the same order.

    :returns: stripe, parcels int64[a], and bool[a], True for those that end in it.
    """
    used = np.flatnonzero(np.diff(spans.offsets))
    begin, last = spans.offsets[used], spans.row[spans.offsets[used + 1] - 1]
    ends = np.array([stripe.end for stripe in stripes])
    stripe_of = np.searchsorted(ends, spans.row[begin], side="right")
    # Within a stripe from left to right, so that neighbours find their rows in the cache.
    order = np.lexsort((spans.column[begin], stripe_of))
    used, last = used[order], last[order]
    begun_until = np.searchsorted(stripe_of[order], np.arange(len(stripes)), side="right")
    active = np.empty(0, np.int64)
    begun = 0
    for stripe, end in zip(stripes, begun_until.tolist(), strict=True):
        active = np.concatenate((active, np.arange(begun, end)))
        begun = end
        done = last[active] < stripe.end
        yield stripe, used[active], done
        active = active[~done]


def _collect(spans: Spans, group: Group, mask: ClearMask | None) -> np.ndarray:
    """Statistics of all parcels in the layers of one grid: float64[layers, k, 8]."""
    result = np.full((len(group.names), len(spans.inside), len(STATISTICS)), np.nan)
    result[:, :, COUNT] = 0
    if not len(spans.row):
        return result
    with open_bands([*group.bands, *group.inputs, *([mask.scl] if mask else [])]) as rasters:
        stripes = plan(
            spans, group.grid, group.block_shape(rasters), settings().extraction.stripe_rows
        )
        buffer = WindowBuffer(group, rasters, stripes)
        masks = MaskReader(mask, rasters[-1], group.grid) if mask else NoMask()
        slots = _Slots(spans, buffer)
        for stripe, parcels, done in _active(spans, stripes):
            slots.open(parcels)
            for window in stripe.windows:
                buffer.read(window)
                slots.fill(window, masks.read(window))
            slots.close(stripe, done, result)
    for layer, band in enumerate(group.bands):
        result[layer] = scaled(result[layer], band.scale, band.offset)
    return result


class _Slots:
    """Memory for the pixels of the parcels in progress, and for their weights."""

    def __init__(self, spans: Spans, buffer: WindowBuffer) -> None:
        self._spans = spans
        self._buffer = buffer
        self._sizes = spans.pixels()
        self._extent = extents(spans.column, spans.length, spans.offsets)
        # The next span of each parcel, and the number of pixels in the spans before it.
        self._cursor = np.stack((spans.offsets[:-1], np.zeros_like(self._sizes)))
        self._values = np.empty((len(buffer.pixels), 0), buffer.pixels.dtype)
        self._weights = np.empty((1, 0), np.float32)
        self._parcels = self._start = np.empty(0, np.int64)
        self._reach = self._extent[:, :0]

    def open(self, parcels: np.ndarray) -> None:
        """Allocate slots for the parcels of a stripe; those that have one already come first."""
        end = np.cumsum(self._sizes[parcels])
        start = end - self._sizes[parcels]
        known, size = self._parcels, int(end[-1])
        self._values = self._moved(self._values, self._cursor[1, known], start, size)
        if self._spans.weight is not None:
            self._weights = self._moved(self._weights, self._sizes[known], start, size)
            begun = slice(len(known), None)
            lengths, offsets = self._spans.length, self._spans.offsets
            weight = self._spans.weight
            spread(weight, lengths, offsets, parcels[begun], start[begun], self._weights)
        self._parcels, self._start = parcels, start
        self._reach = np.ascontiguousarray(self._extent[:, parcels])

    def _moved(
        self, old: np.ndarray, filled: np.ndarray, start: np.ndarray, size: int
    ) -> np.ndarray:
        """An array with the slots moved to their new places; reuses the old one if large enough."""
        new = old
        if size > old.shape[1]:
            new = np.empty((len(old), int(size * 1.25)), old.dtype)
        move(old, self._start, filled, new, start)
        return new

    def fill(self, window: Window, mask: MaskArrays) -> None:
        """Collect a window's pixels."""
        gather(
            self._buffer.pixels,
            tuple(window),  # numba is slow to type a named tuple
            self._spans.runs,
            self._spans.offsets,
            self._reach,
            self._parcels,
            self._cursor,
            self._start,
            self._values,
            mask,
        )

    def close(self, stripe: Stripe, done: np.ndarray, result: np.ndarray) -> None:
        """Compute the statistics of complete parcels, and free their slots."""
        row, _, length = self._spans.runs
        advance(row, length, self._spans.offsets, self._parcels, stripe.end, self._cursor)
        parcels = self._parcels[done]
        which = self._start[done], self._sizes[parcels], self._buffer.nodata, parcels, result
        if self._spans.weight is None:
            summarise(self._values, *which)
        else:
            summarise_weighted(self._values, self._weights, *which)
        self._parcels, self._start = self._parcels[~done], self._start[~done]
