"""Statistics of parcels over whole scenes, which are never held in memory whole.

A grid is read in stripes, top down, into one buffer that is used again. A parcel's valid pixels are
collected stripe by stripe into its slot; after the stripe with its last row they become statistics
and the slot is given back. How the scene is cut therefore cannot change a result, and a parcel of
far-apart pieces costs no more memory than its pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cbm.card.product import Band, Grid
from cbm.errors import InconsistentProduct
from cbm.extraction.grids import Group, groups
from cbm.extraction.indices import SpectralIndex
from cbm.extraction.projection import project
from cbm.extraction.raster import Stripe, check_grid, open_bands, plan, read_into
from cbm.extraction.rule import Rule
from cbm.extraction.spans import Spans, check_finite
from cbm.extraction.statistics import (
    COUNT,
    SCL_CLASSES,
    STATISTICS,
    count_classes,
    gather,
    move,
    scaled,
    summarise,
)
from cbm.extraction.stripes import ClearMask, MaskArrays, MaskReader, NoMask, StripeBuffer
from cbm.extraction.weighted import summarise_weighted
from cbm.geometry import FlatRings
from cbm.settings import settings

#: Positions of some parcels, or all.
Part = np.ndarray | slice


@dataclass(frozen=True, slots=True)
class Zonal:
    """Statistics of k parcels in b bands.

    :param names: the bands, indices last.
    :param statistics: float64[b, k, 8] in the order of ``STATISTICS``; NaN where count is 0.
    :param inside: bool[b, k]; False for a parcel outside the band's grid.
    :param pixels: float64[b, k], what count would be if every pixel were valid.
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
    """Statistics of every parcel in every band, and in every index of them.

    Bands of one grid are read together and share their spans. An index is computed on the finest
    grid of its bands; coarser ones are brought to it by nearest neighbour.

    :param rings: k parcels.
    :param crs: of the parcels; they are projected to each grid's CRS.
    :param rule: which pixels count, and how much.
    :param indices: computed per pixel from physical values.
    :param inputs: further bands that the indices may use; they have no statistics of their own.
    :param mask: leave pixels out that are not clear.
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
            del spans  # before the next are laid
    return Zonal(names, statistics, inside, pixels)


def histogram(rings: FlatRings, crs: Any, scl: Band) -> tuple[np.ndarray, np.ndarray]:
    """Pixels of each class per parcel, by the centre rule on the classification's own grid.

    :returns: counts int64[k, 12], and bool[k], False for a parcel outside the grid.
    :raises InconsistentProduct: a value that is no class; and as :func:`zonal`.
    """
    ((_, spans),) = _lay_spans(rings, crs, scl.grid, scl.path, Rule.CENTRE)
    counts = np.zeros((_parcels(rings), SCL_CLASSES + 1), dtype=np.int64)
    cursor = spans.offsets[:-1].copy()
    with open_bands([scl]) as (dataset,):
        stripes = plan(spans, scl.grid, dataset.block_shapes[scl.index - 1], settings().stripe_rows)
        for stripe, parcels, _ in _active(spans, stripes):
            left, right = stripe.runs[0][0], stripe.runs[-1][1]
            pixels = np.zeros((stripe.end - stripe.first, right - left), np.uint8)
            for run in stripe.runs:
                out = pixels[None, :, run[0] - left : run[1] - left]
                read_into(dataset, [scl], (stripe.first, stripe.end), run, out)
            area = (stripe.first, stripe.end, left)
            count_classes(pixels, area, spans.runs, spans.offsets, parcels, cursor, counts)
    if counts[:, SCL_CLASSES].any():
        raise InconsistentProduct("holds values that are no class", subject=scl.path)
    return counts[:, :SCL_CLASSES], spans.inside


def _parcels(rings: FlatRings) -> int:
    return len(rings.parcel_ring_offsets) - 1


def _lay_spans(
    rings: FlatRings, crs: Any, grid: Grid, subject: str, rule: Rule
) -> Iterator[tuple[Part, Spans]]:
    """Spans of the parcels, so many at a time as the rule has it, from north to south."""
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

    Those carried over from the stripe before come first, in their order there.

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
    with open_bands([*group.bands, *group.inputs, *([mask.scl] if mask else [])]) as datasets:
        block = group.block_shape(datasets)
        stripes = plan(spans, group.grid, block, settings().stripe_rows)
        buffer = StripeBuffer(group, datasets, stripes)
        masks = MaskReader(mask, datasets[-1], group.grid, buffer.columns) if mask else NoMask()
        slots = _Slots(len(result), spans, buffer.pixels.dtype)
        for stripe, parcels, done in _active(spans, stripes):
            buffer.read(stripe)
            slots.fill(parcels, stripe, buffer, masks.read(stripe))
            slots.empty(parcels, done, result)
    for layer, band in enumerate(group.bands):
        result[layer] = scaled(result[layer], band.scale, band.offset)
    return result


class _Slots:
    """Room for the valid pixels of the parcels that are under way, and for their weights."""

    def __init__(self, layers: int, spans: Spans, dtype: np.dtype) -> None:
        self._spans = spans
        self._pixels = spans.pixels()
        self._cursor = spans.offsets[:-1].copy()
        self._values = np.empty((layers, 0), dtype)
        self._shares = np.empty(0, np.float32) if spans.weight is None else spans.weight
        self._weights = np.empty((layers, 0), np.float32)
        self._start = np.empty(0, np.int64)
        self._filled = np.empty((layers, 0), np.int64)

    def fill(
        self, parcels: np.ndarray, stripe: Stripe, buffer: StripeBuffer, mask: MaskArrays
    ) -> None:
        """Collect a stripe's pixels; the parcels that have a slot already come first."""
        end = np.cumsum(self._pixels[parcels])
        start = end - self._pixels[parcels]
        layers, known = self._filled.shape
        self._values = self._moved(self._values, start, int(end[-1]))
        if self._shares.size:
            self._weights = self._moved(self._weights, start, int(end[-1]))
        added = np.zeros((layers, len(parcels) - known), np.int64)
        self._start = start
        self._filled = np.concatenate((self._filled, added), axis=1)
        gather(
            buffer.pixels,
            (stripe.first, stripe.end, buffer.columns[0]),
            self._spans.runs,
            self._spans.offsets,
            parcels,
            self._cursor,
            start,
            self._filled,
            self._values,
            buffer.nodata,
            mask,
            self._shares,
            self._weights,
        )

    def _moved(self, old: np.ndarray, start: np.ndarray, size: int) -> np.ndarray:
        """An array with the slots where they are to be, the same if it is large enough."""
        new = old
        if size > old.shape[1]:
            new = np.empty((len(old), int(size * 1.25)), old.dtype)
        move(old, self._start, self._filled, new, start)
        return new

    def empty(self, parcels: np.ndarray, done: np.ndarray, result: np.ndarray) -> None:
        """Describe the parcels that are complete, and give their slots back."""
        places = np.flatnonzero(done)
        which = self._start, self._filled, places, parcels[places], result
        if self._shares.size:
            summarise_weighted(self._values, self._weights, *which)
        else:
            summarise(self._values, *which)
        self._start = self._start[~done]
        self._filled = np.ascontiguousarray(self._filled[:, ~done])
