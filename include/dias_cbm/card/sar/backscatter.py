"""CARD-BS made here: calibrated, denoised, terrain-corrected gamma0 from a GRD product."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from dias_cbm import __version__
from dias_cbm.card.product_names import acquired_polarisations
from dias_cbm.card.sar.annotation import Annotation
from dias_cbm.card.sar.dem import Dem
from dias_cbm.card.sar.geocoding_nodes import Lattice
from dias_cbm.card.sar.grd_image import GrdImage
from dias_cbm.card.sar.grid import aligned_grid
from dias_cbm.card.sar.measurement import check_measurements
from dias_cbm.card.sar.orbit import Orbit, orbit_of
from dias_cbm.card.sar.safe import Image, Safe, opened_safe
from dias_cbm.card.sar.terrain_correction import GrdScene, write_blocks
from dias_cbm.card.sar.terrain_effects import TerrainOptions
from dias_cbm.card.step_times import StepTimes
from dias_cbm.errors import CardFailed, InconsistentProduct
from dias_cbm.products.model import Grid
from dias_cbm.products.provenance import MadeProduct, as_tags
from dias_cbm.products.writers import DimapWriter, GeoTiffWriter, ProductWriter
from dias_cbm.scenes import Kind
from dias_cbm.vertical_datum import VerticalDatum

PIXEL = 10.0
TILE = 1024
#: The image may reach a little further than ESA's geolocation grid, which is at other heights.
_MARGIN_M = 1000.0
#: Images are uncompressed, one line per strip: without this, a block would read whole lines.
_GDAL = {"GTIFF_DIRECT_IO": "YES", "GDAL_CACHEMAX": 128 << 20}


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
    threads: int = 1,
    times: StepTimes | None = None,
    flattening: bool = False,
    layers: Sequence[str] = (),
) -> MadeProduct:
    """Make a CARD-BS product: gamma0, terrain-corrected, linear power.

    It has the polarisations that were acquired: one or two.

    Steps: subtract thermal noise in range and azimuth, without clipping; remove border noise where
    the processor left it; calibrate with the product's gamma table; range-Doppler geocode with a
    terrain model; interpolate bilinearly onto 10 m pixels of the scene's UTM zone. Pixels outside
    the image, and those without a height, are 0: no data.

    Gamma0 is that of the ellipsoid, as in the platforms' product, or with ``flattening`` that of
    the terrain, see :mod:`dias_cbm.card.sar.illuminated_area`; then pixels in shadow are no data.

    :param source: IW GRD product, SAFE folder or zip.
    :param dem: terrain model: a raster, or a folder of GeoTIFFs.
    :param orbit: EOF file; without it the annotation's vectors are used, and the provenance says
        so.
    :param target: folder in which the product's folder is put.
    :param cog: one cloud-optimised GeoTIFF instead of BEAM-DIMAP.
    :param progress: called with the share done.
    :param datum: what the terrain model's heights are above.
    :param area: west, south, east, north in degrees: only this part of the scene.
    :param tile: columns of a block, and twice its rows; the result does not depend on it.
    :param threads: that share the work; the result does not depend on them.
    :param times: where the CPU time of each step is counted.
    :param flattening: divide by the area of the terrain that each pixel of the image shows.
    :param layers: ``mask`` for layover and shadow, ``incidence`` for the local incidence angle.
    :raises ProductError: the product cannot be used.
    :raises OrbitFileError: the orbit cannot be used.
    :raises ElevationError: the terrain model cannot be used.
    :raises CardFailed: the disk is full, or nothing of the scene is on the terrain model.
    """
    with ExitStack() as stack:
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CardFailed(f"cannot be made: {error}", subject=target) from error
        safe = stack.enter_context(opened_safe(source, target))
        stack.enter_context(rasterio.Env(**_GDAL))
        images = tuple(stack.enter_context(GrdImage(safe, image)) for image in _chosen(safe))
        _check_agreement(images)
        check_measurements([(image.path, image.annotation) for image in images])
        track = orbit_of(images[0].annotation, orbit)
        terrain = stack.enter_context(Dem(dem, datum))
        grid = _grid(images[0].annotation, area)
        scene = GrdScene(
            images,
            Lattice(grid, track, terrain),
            TerrainOptions(flattening, "mask" in layers, "incidence" in layers),
            times=times or StepTimes(),
        )
        provenance = _provenance(safe, images, track) | {
            "gamma0": "terrain" if flattening else "ellipsoid",
            "layers": list(layers) or None,
            "dem": dem.name,
            "vertical_datum": str(datum),
        }
        path = target / f"{safe.name}_CARD_BS"
        with _writer(path, grid, scene.layers, as_tags(provenance), cog, threads) as writer:
            write_blocks(scene, writer, tile, progress, threads)
            if not scene.counts.valid:
                raise CardFailed(
                    "no pixel of the scene has both a height and a signal",
                    subject=safe.name,
                    hint=f"does {dem} cover it?",
                )
    looked = bool(scene.terrain)
    pixels = {
        name: number
        for name, number in vars(scene.counts).items()
        if looked or name not in ("layover", "shadow")
    }
    return MadeProduct(path, Kind.CARD_BS, provenance | {"pixels": pixels})


def _writer(
    path: Path,
    grid: Grid,
    layers: tuple[str, ...],
    tags: Mapping[str, str],
    cog: bool,
    threads: int,
) -> ProductWriter:
    if cog:
        return GeoTiffWriter(path, grid, layers, tags=tags, cog=True, threads=threads)
    return DimapWriter(path, grid, layers, tags=tags)


def _provenance(safe: Safe, images: tuple[GrdImage, ...], track: Orbit) -> dict[str, Any]:
    annotation = images[0].annotation
    return {
        "engine": "embedded",
        "version": __version__,
        "sources": [safe.name],
        "processor": ".".join(f"{number:02d}" for number in safe.processor or ()) or None,
        "orbit": track.source,
        "orbit_file": track.file,
        "polarisations": [image.polarisation for image in images],
        "quantity": "gamma0, linear power",
        "noise_azimuth": all(bool(one.tables.noise.azimuth) for one in images),
        "border_noise_removed": images[0].borders is not None,
        "not_removed": _not_removed(images) or None,
        "absolute_orbit": annotation.absolute_orbit,
        "direction": annotation.direction,
    }


def _not_removed(images: tuple[GrdImage, ...]) -> list[str]:
    """What is left in the image although it should be removed, and why."""
    reason = "the noise table is not in units of DN squared (as before IPF 2.53)"
    left = []
    for image in images:
        if not image.tables.noise.usable:
            what = ["thermal noise"] + ["border noise"] * image.noisy_borders
            left += [f"{one} of {image.polarisation}: {reason}" for one in what]
    return left


def _chosen(safe: Safe) -> Iterator[Image]:
    """The image of each polarisation that was acquired.

    One that the name promises, and that is lacking, is a damaged product.
    """
    acquired = acquired_polarisations(safe.name) or safe.polarisations
    if missing := [one for one in acquired if one not in safe.polarisations]:
        raise InconsistentProduct(
            f"has {', '.join(safe.polarisations)}, and by its name {' and '.join(missing)} too",
            subject=safe.name,
        )
    if safe.swaths != ("IW",):
        raise InconsistentProduct(
            f"is of {', '.join(safe.swaths)}, not an IW GRD", subject=safe.name
        )
    for polarisation in safe.polarisations:
        yield safe.image("IW", polarisation)


def _check_agreement(images: tuple[GrdImage, ...]) -> None:
    """Check that all polarisations have the same times and the same grid."""
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
                f"has another grid than {first.path.name}", subject=other.path
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
