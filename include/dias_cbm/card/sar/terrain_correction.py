"""Terrain correction of a GRD image, block by block of the map."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.annotation import Annotation
from dias_cbm.card.sar.dem import interpolate, window_around
from dias_cbm.card.sar.geocoding_nodes import HOLE, OUTSIDE, GeocodingNodes, Lattice
from dias_cbm.card.sar.geometry import detected_coordinates
from dias_cbm.card.sar.grd_image import GrdImage
from dias_cbm.products.writers import ProductWriter

Floats = NDArray[np.float64]

#: Range of heights above the ellipsoid of land and sea in Europe.
_LOWEST, _HIGHEST = -500.0, 5000.0


@dataclass
class Counts:
    """Numbers of pixels of the grid by outcome.

    :param valid: with a value, in the first polarisation.
    :param negative: values below zero, in all polarisations.
    :param dem_outside: in the image, but beyond the edges of the terrain model.
    :param dem_holes: in the image, but in a hole of the terrain model.
    """

    valid: int = 0
    negative: int = 0
    dem_outside: int = 0
    dem_holes: int = 0


@dataclass(frozen=True)
class GrdScene:
    """Everything needed to make a block of the product.

    :param images: of one acquisition, on one grid.
    """

    images: tuple[GrdImage, ...]
    lattice: Lattice
    counts: Counts = field(default_factory=Counts)

    @property
    def annotation(self) -> Annotation:
        """The annotation of the first polarisation; geometry is the same for all."""
        return self.images[0].annotation


def write_blocks(
    scene: GrdScene,
    writer: ProductWriter,
    tile: int,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Geocode a scene, write it, and count its pixels by outcome.

    :param tile: pixels of a block's side.
    :param progress: called with the share done.
    """
    grid = scene.lattice.grid
    blocks = [
        (row, column, min(tile, grid.height - row), min(tile, grid.width - column))
        for row in range(0, grid.height, tile)
        for column in range(0, grid.width, tile)
    ]
    for done, block in enumerate(blocks, start=1):
        for polarisation, values in _geocoded(scene, *block):
            writer.write(polarisation, block[0], block[1], values)
        if progress is not None:
            progress(done / len(blocks))


def _geocoded(
    scene: GrdScene, row: int, column: int, height: int, width: int
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """The block of each polarisation; empty where the scene does not reach."""
    nodes = scene.lattice.nodes(row, column, height, width)
    if not _reaches(scene.annotation, nodes):
        return
    located = scene.lattice.locate(row, column, height, width, nodes)
    if located.missing.any():
        _count_missing(scene, (row, column, height, width), nodes, located.missing)
    line, sample = detected_coordinates(scene.annotation, located.time, located.slant_range)
    shape = scene.annotation.lines, scene.annotation.samples
    inside = _inside(scene.annotation, line, sample)
    if not inside.any():
        return
    window = window_around(line[inside], sample[inside], shape)
    rows, columns = min(window[2], shape[0] - window[0]), min(window[3], shape[1] - window[1])
    line -= window[0]
    sample -= window[1]
    for image in scene.images:
        gamma0 = image.gamma0(window[0], window[1], rows, columns)
        values = interpolate(gamma0, line, sample).astype(np.float32)
        # 0 means no data: a measured 0 becomes the next larger number.
        values[values == 0] = np.finfo(np.float32).tiny
        if image is scene.images[0]:
            scene.counts.valid += int(np.isfinite(values).sum())
        scene.counts.negative += int((values < 0).sum())
        yield image.polarisation, values


def _reaches(annotation: Annotation, nodes: GeocodingNodes) -> bool:
    """Whether any place of the block can be in the image, at any height."""
    boxes = []
    for height in (_LOWEST, _HIGHEST):
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


def _count_missing(
    scene: GrdScene,
    block: tuple[int, int, int, int],
    nodes: GeocodingNodes,
    missing: NDArray[np.uint8],
) -> None:
    """Count the pixels that would be in the image but have no height."""
    line, sample = detected_coordinates(
        scene.annotation, *scene.lattice.at_sea_level(*block, nodes)
    )
    inside = _inside(scene.annotation, line, sample)
    scene.counts.dem_outside += int((inside & (missing == OUTSIDE)).sum())
    scene.counts.dem_holes += int((inside & (missing == HOLE)).sum())


def _inside(annotation: Annotation, line: Floats, sample: Floats) -> NDArray[np.bool_]:
    """Where the image has a pixel on every side."""
    across = (sample >= 0) & (sample <= annotation.samples - 1)
    return across & (line >= 0) & (line <= annotation.lines - 1)
