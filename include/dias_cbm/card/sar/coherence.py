"""CARD-COH6 and CARD-COH12 from a pair of Sentinel-1 SLC products."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import rasterio
from numpy.typing import NDArray

from dias_cbm import __version__
from dias_cbm.card.buffers import Buffers
from dias_cbm.card.sar.annotation import Annotation
from dias_cbm.card.sar.boxcar import WHOLE
from dias_cbm.card.sar.burst_coherence import burst_coherence
from dias_cbm.card.sar.coherence_options import CoherenceOptions
from dias_cbm.card.sar.dem import Dem
from dias_cbm.card.sar.drawn_bursts import DrawnBurst, drawn_bursts, opened_swaths
from dias_cbm.card.sar.geocode import (
    Block,
    BurstImage,
    lay_on,
)
from dias_cbm.card.sar.grid import aligned_grid
from dias_cbm.card.sar.pair import Side, SlcPair, SwathPair, pair_of
from dias_cbm.card.sar.safe import Safe, opened_safe
from dias_cbm.card.sar.synchronisation import synchronisation
from dias_cbm.card.step_times import StepTimes
from dias_cbm.card.workers import Workers
from dias_cbm.cards import BY_KIND
from dias_cbm.errors import CardFailed
from dias_cbm.products.model import Grid
from dias_cbm.products.provenance import MadeProduct, Progress, as_tags
from dias_cbm.products.writers import GeoTiffWriter, ProductWriter
from dias_cbm.vertical_datum import VerticalDatum

#: Heights above the ellipsoid, float32[lines, samples].
Heights = NDArray[np.float32]

#: Pixel of the platforms' product, in m.
PIXEL = 20.0
#: Lines are read once and in order; only the terrain model is read again and again. In bytes.
_GDAL = {"GDAL_CACHEMAX": 16 << 20}
#: Options that give coherence like the platforms' product.
PLAIN = CoherenceOptions()
#: Added around the geolocation grid, in m, so that the terrain reaches beyond the bursts' edges.
_MARGIN = 500.0


def make_coherence(
    reference: Path,
    secondary: Path,
    *,
    dem: Path,
    orbits: tuple[Path | None, Path | None] = (None, None),
    target: Path,
    cog: bool = False,
    options: CoherenceOptions = PLAIN,
    progress: Progress | None = None,
    datum: VerticalDatum = VerticalDatum.EGM2008,
    esd: bool = False,
    common_band: float = 0.5,
    threads: int = 1,
    times: StepTimes | None = None,
) -> MadeProduct:
    """Make a coherence product: one GeoTIFF, a band per polarisation, 0..1, 0 for no data.

    Works burst by burst, in less than 1 GB. The product appears complete or not at all.

    :param reference: the later SLC of the pair, a SAFE folder or a zip of it.
    :param secondary: the one 6 or 12 days before it.
    :param dem: terrain model, see :class:`dias_cbm.card.sar.dem.Dem`.
    :param orbits: an orbit file for each; None for the orbit in the annotation.
    :param target: folder in which the product's folder is put.
    :param cog: as a cloud-optimised GeoTIFF.
    :param progress: called with the share that is done, after each burst.
    :param datum: what the terrain model's heights are above.
    :param esd: like ``esd`` of the options; either switches it on.
    :param common_band: share of the azimuth band that the bursts must have in common.
    :param threads: that share the work; the result does not depend on them.
    :param times: where the CPU time of each step is counted.
    :raises ProductError: the products cannot be used, or are not a pair.
    :raises Unsynchronised: the bursts have less in common.
    :raises ElevationError: the terrain model cannot be used.
    :raises CardFailed: the disk is full, or the terrain model does not cover the pair.
    """
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CardFailed(f"cannot be made: {error}", subject=target) from error
    with (
        rasterio.Env(**_GDAL),
        opened_safe(reference, target) as one,
        opened_safe(secondary, target) as other,
        Dem(dem, datum) as model,
    ):
        options = replace(options, esd=options.esd or esd)
        pair = pair_of(one, other, orbits)
        synchronised = synchronisation(pair, (one, other), common_band)
        grid = grid_of_pair(pair)
        provenance = _provenance(pair, (one, other), model, options) | synchronised
        path = target / _name(pair)
        with ExitStack() as stack:
            writer = GeoTiffWriter(path, grid, pair.polarisations, cog=cog, threads=threads)
            stack.enter_context(writer)
            # Within these contexts: they close after all who read and write.
            swaths = stack.enter_context(opened_swaths(pair, model, grid))
            with Workers(threads, times) as workers:
                bursts = drawn_bursts(swaths, options, workers, workers.shared)
                provenance |= _write(pair, bursts, options, writer, workers, progress)
            writer.tags.update(as_tags(provenance))
            with workers.times.step("write"):
                stack.close()
    return MadeProduct(path, pair.kind, provenance)


class CoherentBurst(NamedTuple):
    """A burst's coherence.

    :param numbers: uint16[polarisations, lines, samples], see :func:`burst_coherence`.
    """

    drawn: DrawnBurst
    numbers: NDArray[np.uint16]

    @classmethod
    def of(cls, drawn: DrawnBurst, workers: Workers, memory: Buffers | None) -> CoherentBurst:
        """Compute it; arguments as of :func:`burst_coherence`."""
        return cls(drawn, burst_coherence(drawn.pair, workers, memory))

    @property
    def swath(self) -> SwathPair:
        """Its sub-swath."""
        return self.drawn.pair.swath

    @property
    def image(self) -> BurstImage:
        """The time and range of its pixels."""
        return self.drawn.image

    @property
    def heights(self) -> NDArray[np.float32]:
        """Above the ellipsoid, float32[lines, samples], NaN for none."""
        return self.drawn.pair.heights

    @property
    def values(self) -> NDArray[np.float32]:
        """Coherence 0..1, float32[polarisations, lines, samples], 0 for none."""
        return np.divide(self.numbers, WHOLE, dtype=np.float32)


def coherent_bursts(
    pair: SlcPair, model: Dem, grid: Grid, options: CoherenceOptions
) -> Iterator[CoherentBurst]:
    """The coherence of every common burst, swath by swath."""
    workers = Workers()
    with opened_swaths(pair, model, grid) as swaths:
        for drawn in drawn_bursts(swaths, options, workers):
            yield CoherentBurst.of(drawn, workers, None)


def _write(
    pair: SlcPair,
    bursts: Iterable[DrawnBurst],
    options: CoherenceOptions,
    writer: ProductWriter,
    workers: Workers,
    progress: Progress | None,
) -> dict[str, Any]:
    """Compute and write the product, burst by burst.

    While a burst is laid on the map, the terrain of the next one is drawn.

    :returns: the share of valid samples for which the model has terrain, and the lines by which
        ESD corrected the orbits, by swath.
    """
    shifts = {}
    total = sum(len(one.bursts) for one in pair.swaths)
    known = valid = 0
    laying: Iterator[None] = iter(())
    for done, drawn in enumerate(bursts):
        # It lays values whose memory is used again, and holds a terrain.
        _wait(laying)
        laying = iter(())
        if progress is not None and done:
            progress(done / total)
        if drawn.shift is not None:
            shifts[drawn.image.image.swath] = round(drawn.shift, 5)
        laying = _lay_on(
            CoherentBurst.of(drawn, workers, workers.shared),
            options,
            pair.polarisations,
            writer,
            workers,
        )
        for heights, (begin, end) in zip(drawn.pair.heights, drawn.valid, strict=True):
            known += int(np.count_nonzero(np.isfinite(heights[begin:end])))
            valid += int(end - begin)
    _wait(laying)
    if progress is not None:
        progress(1.0)
    if not known:
        raise CardFailed(
            "no burst of the pair has a height",
            subject=pair.swaths[0].reference.annotation.path,
            hint="does the terrain model cover it?",
        )
    return {"terrain_share": round(known / valid, 4), "azimuth_shift": shifts or None}


def _wait(results: Iterator[None]) -> None:
    for _ in results:
        pass


def _lay_on(
    one: CoherentBurst,
    options: CoherenceOptions,
    polarisations: tuple[str, ...],
    writer: ProductWriter,
    workers: Workers,
) -> Iterator[None]:
    """Lay a burst's coherence on the map and write it; done when all results are taken."""
    image, part, lattice = one.drawn.image, one.drawn.part, one.drawn.lattice

    def lay(blocks: list[Block]) -> None:
        top, left = blocks[0].row, min(block.column for block in blocks)
        right = max(block.column + block.columns for block in blocks)
        with workers.times.step("geocode"):
            shape = len(polarisations), blocks[0].rows, right - left
            # The lines that the thread read are used up: their memory will do.
            half = workers.buffers.array("secondary", (math.prod(shape) // 2 + 1,), np.complex64)
            laid = half.view(np.float32)[: math.prod(shape)].reshape(shape)
            laid.fill(0)
            for block in blocks:
                place = block.row, block.column, block.rows, block.columns
                located = lattice.locate(*place, block.nodes, workers.buffers)
                column = block.column - left
                into = laid[..., column : column + block.columns]
                lay_on(located, image, part, one.numbers, options.window.shift, into)
        # Bursts interlock on the map: each writes only where it has values.
        with workers.times.step("write"):
            for band, values in zip(polarisations, laid, strict=True):
                writer.lay(band, top, left, values)

    # Blocks come row by row.
    rows = groupby(one.drawn.blocks, key=lambda block: block.row)
    return workers.map(lay, [list(blocks) for _, blocks in rows])


def grid_of_pair(pair: SlcPair) -> Grid:
    """The aligned grid of a pair's product."""
    grids = [swath.reference.annotation.grid for swath in pair.swaths]
    longitude = np.concatenate([one.longitude for one in grids])
    latitude = np.concatenate([one.latitude for one in grids])
    return aligned_grid(longitude, latitude, PIXEL, _MARGIN)


def _name(pair: SlcPair) -> str:
    """The product's name, which begins like the platforms': both dates and the kind."""
    images = [side.annotation for side in _sides(pair)]
    times = "_".join(f"{_start(image):%Y%m%dT%H%M%S}" for image in images)
    orbits = "_".join(f"{image.absolute_orbit:06d}" for image in images)
    return f"{images[0].mission}_{times}_{orbits}_{BY_KIND[pair.kind].label}"


def _sides(pair: SlcPair) -> tuple[Side, Side]:
    return pair.swaths[0].reference, pair.swaths[0].secondary


def _start(image: Annotation) -> datetime:
    return image.time_of(image.first_line_time).astype("datetime64[us]").item()


def _provenance(
    pair: SlcPair, products: tuple[Safe, Safe], model: Dem, options: CoherenceOptions
) -> dict[str, Any]:
    sides = _sides(pair)
    return {
        "engine": "embedded",
        "version": __version__,
        "sources": [product.name for product in products],
        "pair_dates": [_start(side.annotation).date().isoformat() for side in sides],
        "temporal_baseline_days": pair.days,
        "relative_orbit": pair.relative_orbit,
        "absolute_orbits": [side.annotation.absolute_orbit for side in sides],
        "orbits": [side.orbit.source for side in sides],
        "orbit_files": [side.orbit.file or "none" for side in sides],
        "dem": model.path.name,
        "vertical_datum": str(model.datum),
        "spectral_diversity": options.esd,
        "polarisations": list(pair.polarisations),
        "swaths": [swath.reference.annotation.swath for swath in pair.swaths],
        "bursts": sum(len(swath.bursts) for swath in pair.swaths),
        "bursts_without_partner": pair.missing,
        **_bursts_found(pair),
        "window_range": options.window.range,
        "window_azimuth": options.window.azimuth,
        "pixel": PIXEL,
    }


def _bursts_found(pair: SlcPair) -> dict[str, Any]:
    """The common bursts by name, like ``t044_110431_iw1``: track, identifier and swath."""
    bursts = [
        (burst.identifier, swath.reference.annotation.swath.lower())
        for swath in pair.swaths
        for burst in swath.bursts
    ]
    named = [
        f"t{pair.relative_orbit:03d}_{number:06d}_{swath}"
        for number, swath in bursts
        if number is not None
    ]
    by = {len(bursts): "identifier", 0: "geometry"}.get(len(named), "identifier, else geometry")
    return {"burst_ids": named, "bursts_found_by": by}
