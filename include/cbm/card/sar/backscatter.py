"""CARD-BS made here: calibrated, denoised, terrain-corrected gamma0 from a GRD product."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray

from cbm.card.bands import Grid
from cbm.card.made import Made, as_tags
from cbm.card.sar.annotation import Annotation
from cbm.card.sar.dem import Dem, interpolate, window_around
from cbm.card.sar.detected import DetectedImage
from cbm.card.sar.geoid import VerticalDatum
from cbm.card.sar.geometry import detected_coordinates
from cbm.card.sar.grid import aligned_grid
from cbm.card.sar.lattice import HOLE, OUTSIDE, Lattice, Nodes
from cbm.card.sar.orbit import orbit_of
from cbm.card.sar.safe import Safe, opened_safe
from cbm.card.writers import DimapWriter, GeoTiffWriter, ProductWriter
from cbm.errors import CardFailed, InconsistentProduct
from cbm.scenes import Kind

Floats = NDArray[np.float64]

POLARISATIONS = ("VV", "VH")
PIXEL = 10.0
TILE = 1024
#: The image may reach a little further than ESA's geolocation of it, which is at other heights.
_MARGIN_M = 1000.0
#: Heights that land in Europe and its seas lie between, above the ellipsoid.
_LOWEST, _HIGHEST = -500.0, 5000.0
#: Images are uncompressed, a line a strip: without this, a block would read whole lines.
_GDAL = {"GTIFF_DIRECT_IO": "YES", "GDAL_CACHEMAX": 256}


@dataclass
class Counts:
    """Pixels of the grid by what became of them."""

    valid: int = 0
    negative: int = 0
    dem_outside: int = 0
    dem_holes: int = 0


@dataclass(frozen=True)
class _Scene:
    """All that a block of the product is made from."""

    images: tuple[DetectedImage, ...]
    lattice: Lattice
    counts: Counts = field(default_factory=Counts)

    @property
    def annotation(self) -> Annotation:
        return self.images[0].annotation


def make_backscatter(
    source: Path,
    *,
    dem: Path,
    orbit: Path | None,
    target: Path,
    cog: bool = False,
    progress: Callable[[float], None] | None = None,
    datum: VerticalDatum = VerticalDatum.EGM2008,
    area: tuple[float, float, float, float] | None = None,
    tile: int = TILE,
) -> Made:
    """Make a CARD-BS product: gamma0 on the ellipsoid, terrain-corrected, linear power.

    Steps: thermal noise in range and azimuth taken off, not clipped; border noise taken off where
    the processor left it; calibrated by the product's gamma table; range-Doppler geocoded with a
    terrain model; bilinear, onto 10 m pixels of the scene's UTM zone. Pixels without an
    image, and those whose height is not known, are 0: no data.

    :param source: IW GRD product, SAFE folder or zip.
    :param dem: terrain model: a raster, or a folder of GeoTIFFs.
    :param orbit: EOF file; without it, the vectors of the annotation, and the provenance says so.
    :param target: folder that the product's folder is put into.
    :param cog: one cloud-optimised GeoTIFF instead of BEAM-DIMAP.
    :param progress: called with the share done.
    :param datum: what the terrain model's heights are above.
    :param area: west, south, east, north in degrees: only this part of the scene.
    :param tile: pixels of a block's side; the result does not depend on it.
    :raises ProductError: the product, the orbit or the terrain model cannot be used.
    :raises CardFailed: the disk is full, or nothing of the scene is on the terrain model.
    """
    with ExitStack() as stack:
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CardFailed(f"cannot be made: {error}", subject=target) from error
        safe = stack.enter_context(opened_safe(source, target))
        stack.enter_context(rasterio.Env(**_GDAL))
        images = tuple(stack.enter_context(DetectedImage(safe, image)) for image in _chosen(safe))
        _check_agreement(images)
        annotation = images[0].annotation
        track = orbit_of(annotation, orbit)
        terrain = stack.enter_context(Dem(dem, datum))
        grid = _grid(annotation, area)
        scene = _Scene(images, Lattice(grid, track, terrain))
        provenance: dict[str, Any] = {
            "engine": "embedded",
            "version": version("cbm"),
            "sources": [safe.name],
            "processor": ".".join(f"{number:02d}" for number in safe.processor or ()) or None,
            "orbit": track.source,
            "orbit_file": track.file,
            "dem": dem.name,
            "vertical_datum": str(datum),
            "polarisations": list(POLARISATIONS),
            "quantity": "gamma0 on the ellipsoid, linear power",
            "noise_azimuth": all(bool(one.tables.noise.azimuth) for one in images),
            "border_noise_removed": images[0].borders is not None,
            "absolute_orbit": annotation.absolute_orbit,
            "direction": annotation.direction,
        }
        path = target / f"{safe.name}_CARD_BS"
        tags = as_tags(provenance)
        writer: ProductWriter = (
            GeoTiffWriter(path, grid, POLARISATIONS, tags=tags, cog=True)
            if cog
            else DimapWriter(path, grid, POLARISATIONS, tags=tags)
        )
        with writer:
            _write(scene, writer, tile, progress)
            if not scene.counts.valid:
                raise CardFailed(
                    "no pixel of the scene has a height and a signal",
                    subject=safe.name,
                    hint=f"does {dem} cover it?",
                )
    return Made(path, Kind.CARD_BS, provenance | {"pixels": vars(scene.counts)})


def _chosen(safe: Safe) -> Iterator[Any]:
    missing = [one for one in POLARISATIONS if one not in safe.polarisations]
    if missing:
        raise InconsistentProduct(
            f"has {', '.join(safe.polarisations)}; CARD-BS needs {' and '.join(missing)} too",
            subject=safe.name,
        )
    if safe.swaths != ("IW",):
        raise InconsistentProduct(
            f"is of {', '.join(safe.swaths)}, not an IW GRD", subject=safe.name
        )
    for polarisation in POLARISATIONS:
        yield safe.image("IW", polarisation)


def _check_agreement(images: tuple[DetectedImage, ...]) -> None:
    """Both polarisations were taken in the same moment and lie on the same grid."""
    first, *others = (one.annotation for one in images)
    for other in others:
        same = (
            (first.lines, first.samples) == (other.lines, other.samples)
            and abs(first.first_line_time - other.first_line_time) < first.line_interval / 10
            and first.range_spacing == other.range_spacing
            and first.epoch == other.epoch
        )
        if not same:
            raise InconsistentProduct(
                f"lies on another grid than {first.path.name}", subject=other.path
            )
    if first.product_type != "GRD":
        raise InconsistentProduct(f"is of a {first.product_type}, not a GRD", subject=first.path)


def _grid(annotation: Annotation, area: tuple[float, float, float, float] | None) -> Grid:
    points = annotation.grid
    whole = aligned_grid(points.longitude, points.latitude, PIXEL, _MARGIN_M)
    if area is None:
        return whole
    west, south, east, north = area
    corners = np.array([west, east, east, west]), np.array([south, south, north, north])
    return aligned_grid(*corners, PIXEL, crs=whole.crs)


def _write(
    scene: _Scene,
    writer: ProductWriter,
    tile: int,
    progress: Callable[[float], None] | None,
) -> None:
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
    scene: _Scene, row: int, column: int, height: int, width: int
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """The block of each polarisation; nothing where the scene does not reach."""
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
        # 0 means no data: what is measured as 0 becomes the smallest number above.
        values[values == 0] = np.finfo(np.float32).tiny
        if image is scene.images[0]:
            scene.counts.valid += int(np.isfinite(values).sum())
        scene.counts.negative += int((values < 0).sum())
        yield image.polarisation, values


def _reaches(annotation: Annotation, nodes: Nodes) -> bool:
    """Whether any place of the block can lie in the image, at whatever height."""
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
    scene: _Scene, block: tuple[int, int, int, int], nodes: Nodes, missing: NDArray[np.uint8]
) -> None:
    """Pixels that the image would reach and that have no height."""
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
