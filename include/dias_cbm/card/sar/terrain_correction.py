"""Terrain correction of a GRD image, block by block of the map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.buffers import Buffers
from dias_cbm.card.sar.annotation import Annotation
from dias_cbm.card.sar.dem import HIGHEST, LOWEST
from dias_cbm.card.sar.geocoding_nodes import HOLE, OUTSIDE, GeocodingNodes, Lattice
from dias_cbm.card.sar.geometry import detected_coordinates
from dias_cbm.card.sar.grd_image import GrdImage
from dias_cbm.card.sar.grd_positions import positions
from dias_cbm.card.sar.layover_shadow import LAYOVER, SHADOW
from dias_cbm.card.sar.terrain_effects import TerrainEffects, TerrainOptions, effects_of
from dias_cbm.card.step_times import StepTimes
from dias_cbm.card.workers import Workers
from dias_cbm.products.terrain_layers import INCIDENCE, MASK
from dias_cbm.products.writers import ProductWriter

Floats = NDArray[np.float64]

#: Rows of a block that are worked on at a time: their positions stay in the processor's cache.
_ROWS = 32
_TINY = np.finfo(np.float32).tiny


@dataclass
class Counts:
    """Numbers of pixels of the grid by outcome.

    :param valid: with a value, in the first polarisation.
    :param negative: values below zero, in all polarisations.
    :param dem_outside: in the image, but beyond the edges of the terrain model.
    :param dem_holes: in the image, but in a hole of the terrain model.
    :param layover: in the image, where that is looked for, and ``shadow`` likewise.
    """

    valid: int = 0
    negative: int = 0
    dem_outside: int = 0
    dem_holes: int = 0
    layover: int = 0
    shadow: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.valid + other.valid,
            self.negative + other.negative,
            self.dem_outside + other.dem_outside,
            self.dem_holes + other.dem_holes,
            self.layover + other.layover,
            self.shadow + other.shadow,
        )


@dataclass
class GrdScene:
    """Everything needed to make a block of the product.

    :param images: of one acquisition, on one grid.
    :param terrain: which effects of the terrain are looked for.
    :ivar counts: of the blocks that are done.
    :ivar times: of the steps.
    """

    images: tuple[GrdImage, ...]
    lattice: Lattice
    terrain: TerrainOptions = field(default_factory=TerrainOptions)
    counts: Counts = field(default_factory=Counts)
    times: StepTimes = field(default_factory=StepTimes)
    _lock: Lock = field(default_factory=Lock)

    @property
    def annotation(self) -> Annotation:
        """The annotation of the first polarisation; geometry is the same for all."""
        return self.images[0].annotation

    @property
    def layers(self) -> tuple[str, ...]:
        """What is made: the polarisations, then the layers of terrain."""
        extra = {MASK: self.terrain.mask, INCIDENCE: self.terrain.incidence}
        return (
            *(image.polarisation for image in self.images),
            *(layer for layer, wanted in extra.items() if wanted),
        )

    def count(self, found: Counts) -> None:
        """Add the pixels of a block."""
        with self._lock:
            self.counts += found


def write_blocks(
    scene: GrdScene,
    writer: ProductWriter,
    tile: int,
    progress: Callable[[float], None] | None = None,
    threads: int = 1,
) -> None:
    """Geocode a scene, write it, and count its pixels by outcome.

    :param tile: columns of a block; it has half as many rows.
    :param progress: called with the share done.
    :param threads: that work on it, each on a strip of blocks of its own.
    """
    height, width = scene.lattice.grid.height, scene.lattice.grid.width
    rows = max(tile // 2, 1)
    strips = [(row, min(rows, height - row)) for row in range(0, height, rows)]

    def work(strip: tuple[int, int]) -> None:
        (row, rows), memory = strip, workers.buffers
        values = memory.array("strip", (len(scene.layers), rows, width), np.float32)
        values.fill(np.nan)
        for block in _blocks(scene, row, rows, tile):
            part = values[..., block.column : block.column + block.width]
            _geocode(scene, block, part, memory)
        with scene.times.step("write"):
            for layer, band in zip(scene.layers, values, strict=True):
                writer.write(layer, row, 0, band)

    with Workers(threads, scene.times) as workers:
        for done, _ in enumerate(workers.map(work, strips), start=1):
            if progress is not None:
                progress(done / len(strips))


class _Block(NamedTuple):
    """A part of the grid, with the nodes around it."""

    row: int
    column: int
    height: int
    width: int
    nodes: GeocodingNodes


def _blocks(scene: GrdScene, row: int, height: int, tile: int) -> list[_Block]:
    """The blocks of a strip of the grid that the image may reach, from left to right."""
    end = scene.lattice.grid.width
    columns = [(column, min(tile, end - column)) for column in range(0, end, tile)]
    with scene.times.step("terrain and lattice"):
        nodes = scene.lattice.nodes_along(row, height, columns)
        return [
            _Block(row, column, height, width, around)
            for (column, width), around in zip(columns, nodes, strict=True)
            if _reaches(scene.annotation, around)
        ]


def _geocode(scene: GrdScene, block: _Block, result: NDArray[np.float32], memory: Buffers) -> None:
    """Fill a block, (layers, rows, columns), where the scene reaches."""
    row, column, height, width, nodes = block
    with scene.times.step("terrain and lattice"):
        places = positions(scene.lattice, scene.annotation, row, column, nodes)
    if places.window is None:
        return
    gamma0 = _gamma0(scene, places.window, memory)
    effects = None
    if scene.terrain:
        with scene.times.step("layover, shadow and areas"):
            effects = effects_of(
                scene.lattice, scene.annotation, block[:4], places.window, scene.terrain
            )
            if effects.area is not None:
                gamma0 /= effects.area[..., None]
    found = Counts()
    for first in range(0, height, _ROWS):
        rows = min(_ROWS, height - first)
        with scene.times.step("positions"):
            piece = places.piece(first, rows, width, memory=memory)
            if piece.any_missing:
                found += _missing(scene, (row + first, column, rows, width), nodes, piece.missing)
        with scene.times.step("interpolate"):
            part = result[: gamma0.shape[2], first : first + rows]
            corner = places.window[:2]
            found += Counts(*_interpolate(gamma0, piece.line, piece.sample, corner, part))
        if effects is not None:
            inside = _inside(scene.annotation, piece.line, piece.sample)
            rest = result[gamma0.shape[2] :, first : first + rows]
            found += _add_layers(effects, slice(first, first + rows), inside, rest)
    scene.count(found)


def _add_layers(
    effects: TerrainEffects, rows: slice, inside: NDArray[np.bool_], result: NDArray[np.float32]
) -> Counts:
    """Fill the layers of terrain in some rows of a block, where the image is."""
    seen = effects.seen[rows]
    there = [layer for layer in (effects.mask, effects.incidence) if layer is not None]
    for layer, values in zip(there, result, strict=True):
        values[inside] = layer[rows][inside]
    return Counts(
        layover=int(((seen & LAYOVER) > 0)[inside].sum()),
        shadow=int(((seen & SHADOW) > 0)[inside].sum()),
    )


def _gamma0(
    scene: GrdScene, window: tuple[int, int, int, int], memory: Buffers
) -> NDArray[np.float32]:
    """A part of the image, (rows, columns, polarisations)."""
    row, column, *shape = window
    values = memory.array("gamma0", (*shape, len(scene.images)), np.float32)
    amplitudes = memory.array("amplitudes", tuple(shape), np.uint16)
    for image, layer in zip(scene.images, np.moveaxis(values, -1, 0), strict=True):
        with scene.times.step("read"):
            image.read(row, column, amplitudes)
        with scene.times.step("noise and calibration"):
            image.calibrate(amplitudes, row, column, layer)
    return values


@numba.njit(cache=True, nogil=True)
def _interpolate(
    values: NDArray[np.float32],
    line: Floats,
    sample: Floats,
    corner: tuple[int, int],
    result: NDArray[np.float32],
) -> tuple[int, int]:  # pragma: no cover - compiled
    """Bilinear values of all polarisations at places, as by :func:`dem.bilinear`.

    A value of 0, which means no data, becomes the next larger number.

    :param values: (rows, columns, polarisations), the part of the image that begins at ``corner``.
    :param result: left as it is outside of that part.
    :returns: numbers of finite values in the first polarisation, and of negative ones in all.
    """
    height, width, layers = values.shape
    flat = values.reshape(-1)
    valid, negative = 0, 0
    for row in range(line.shape[0]):
        for column in range(line.shape[1]):
            y, x = line[row, column] - corner[0], sample[row, column] - corner[1]
            if not (0.0 <= y <= height - 1 and 0.0 <= x <= width - 1):
                continue
            top, left = int(y), int(x)
            down, right = y - top, x - left
            # A neighbour without weight may be NaN, or lie outside.
            east = np.uint64(layers if right > 0 else 0)
            below = np.uint64(width * layers if down > 0 else 0)
            for layer in range(layers):
                # Unsigned indices need no test for counting from the end.
                i = np.uint64((top * width + left) * layers + layer)
                j = i + below
                upper = flat[i] * (1 - right) + flat[i + east] * right
                lower = flat[j] * (1 - right) + flat[j + east] * right
                value = np.float32(upper * (1 - down) + lower * down)
                if value == 0:
                    value = _TINY
                result[layer, row, column] = value
                negative += int(value < 0)
                valid += int(layer == 0 and np.isfinite(value))
    return valid, negative


def _reaches(annotation: Annotation, nodes: GeocodingNodes) -> bool:
    """Whether any place of the block can be in the image, at any height."""
    boxes = []
    for height in (LOWEST, HIGHEST):
        time, slant_range = nodes.at(height)
        boxes.append(detected_coordinates(annotation, time, slant_range))
    lines, samples = (np.concatenate([box[i].ravel() for box in boxes]) for i in (0, 1))
    there = np.isfinite(lines) & np.isfinite(samples)
    if not there.any():
        return False
    lines, samples = lines[there], samples[there]
    return bool(
        lines.max() >= 0
        and lines.min() <= annotation.lines - 1
        and samples.max() >= 0
        and samples.min() <= annotation.samples - 1
    )


def _missing(
    scene: GrdScene,
    block: tuple[int, int, int, int],
    nodes: GeocodingNodes,
    missing: NDArray[np.uint8],
) -> Counts:
    """The numbers of pixels that would be in the image but have no height."""
    line, sample = detected_coordinates(
        scene.annotation, *scene.lattice.at_sea_level(*block, nodes)
    )
    inside = _inside(scene.annotation, line, sample)
    return Counts(
        dem_outside=int((inside & (missing == OUTSIDE)).sum()),
        dem_holes=int((inside & (missing == HOLE)).sum()),
    )


def _inside(annotation: Annotation, line: Floats, sample: Floats) -> NDArray[np.bool_]:
    """Where the image has a pixel on every side."""
    across = (sample >= 0) & (sample <= annotation.samples - 1)
    return across & (line >= 0) & (line <= annotation.lines - 1)
