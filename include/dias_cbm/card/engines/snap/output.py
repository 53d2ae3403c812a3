"""SNAP's output as a CARD product; bands are found by name, never by position."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from rasterio.errors import RasterioError
from rasterio.windows import Window

from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.products.model import Grid, grid_of
from dias_cbm.products.provenance import as_tags
from dias_cbm.products.readers.raster import opened, polarisation
from dias_cbm.products.writers import DimapWriter, GeoTiffWriter, ProductWriter

_ROWS = 512


def find_bands(output: Path, prefix: str, wanted: Sequence[str]) -> dict[str, Path]:
    """The image of each polarisation in a BEAM-DIMAP product.

    SNAP names bands like ``Gamma0_VV`` and ``coh_IW1_VV_11May2018_05May2018``; what follows the
    polarisation differs between versions.

    :param output: without ``.dim``.
    :raises CorruptProduct: SNAP wrote no product.
    :raises InconsistentProduct: one is missing, or there are several of a polarisation.
    """
    folder = output.with_suffix(".data")
    if not folder.is_dir():
        raise CorruptProduct("SNAP wrote no product", subject=output.with_suffix(".dim"))
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.img")):
        token = polarisation(path.stem)
        if path.stem.startswith(f"{prefix}_") and token:
            found.setdefault(token, []).append(path)
    for name in wanted:
        if len(found.get(name, [])) != 1:
            raise InconsistentProduct(
                f"has {len(found.get(name, []))} bands {prefix} {name}, expected one",
                subject=folder,
            )
    return {name: found[name][0] for name in wanted}


def copy_bands(
    output: Path,
    prefix: str,
    product: Path,
    wanted: Sequence[str],
    provenance: Mapping[str, object],
    *,
    cog: bool,
    single: bool,
) -> None:
    """Write the product from SNAP's output, and remove that output.

    :param prefix: of the bands' names.
    :param single: one GeoTIFF for all bands, not BEAM-DIMAP.
    :raises CorruptProduct: an image cannot be read.
    :raises InconsistentProduct: the bands are not there, or not on one grid.
    """
    images = find_bands(output, prefix, wanted)
    grid = _grid(images)
    tags = as_tags(provenance)
    writer: ProductWriter
    if single or cog:
        writer = GeoTiffWriter(product, grid, tuple(images), tags=tags, cog=cog)
    else:
        writer = DimapWriter(product, grid, tuple(images), tags=tags)
    with writer:
        for name, path in images.items():
            _copy(path, name, writer)
    shutil.rmtree(output.parent)


def _grid(images: Mapping[str, Path]) -> Grid:
    grids = []
    for path in images.values():
        with opened(path) as dataset:
            grids.append(grid_of(dataset))
    if any(grid != grids[0] for grid in grids):
        raise InconsistentProduct("has bands on several grids", subject=path.parent)
    return grids[0]


def _copy(path: Path, name: str, writer: ProductWriter) -> None:
    with opened(path) as dataset:
        for row in range(0, dataset.height, _ROWS):
            rows = min(_ROWS, dataset.height - row)
            try:
                values = dataset.read(1, window=Window(0, row, dataset.width, rows))
            except RasterioError as error:
                raise CorruptProduct(f"cannot be decoded: {error}", subject=path) from error
            values = values.astype(np.float32)
            if dataset.nodata is not None:
                values[values == dataset.nodata] = np.nan
            writer.write(name, row, 0, values)
