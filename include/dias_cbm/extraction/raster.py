"""Reading the pixels of a product's bands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import rasterio
import rasterio.windows
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from dias_cbm.config.settings import settings
from dias_cbm.errors import CorruptProduct, GridError, InconsistentProduct
from dias_cbm.extraction.plan import Window
from dias_cbm.products.masks import hidden
from dias_cbm.products.open import Band, Grid
from dias_cbm.rasters import open_raster


class Raster:
    """An opened file of bands."""

    def __init__(self, dataset: DatasetReader) -> None:
        self._dataset = dataset

    def block_shape(self, band: Band) -> tuple[int, int]:
        """Rows and columns of the blocks that a band is stored in."""
        rows, columns = self._dataset.block_shapes[band.index - 1]
        return rows, columns

    def read(self, bands: Sequence[Band], window: Window, out: np.ndarray) -> None:
        """Read a window of bands, converted to the dtype of ``out``.

        Together, because a file may keep its bands in the same blocks. Pixels that a mask of the
        file leaves out become NaN; in an array of whole numbers, which are scene classes, these and
        nodata become 0.

        :param bands: on one grid, which the window is of.
        :param out: [bands, rows, columns].
        :raises CorruptProduct: the window cannot be decoded.
        """
        rows, columns = window.shape
        place = rasterio.windows.Window(
            bands[0].column + window.left, bands[0].row + window.top, columns, rows
        )
        try:
            self._dataset.read([band.index for band in bands], window=place, out=out)
            for band, layer in zip(bands, out, strict=True):
                masked = hidden(self._dataset, band.index, window=place)
                if masked is not None:
                    layer[masked] = np.nan if layer.dtype.kind == "f" else 0
                if layer.dtype.kind != "f" and band.nodata:
                    layer[layer == band.nodata] = 0
        except RasterioError as error:
            names = " or ".join(band.name for band in bands)
            raise CorruptProduct(
                f"band {names} cannot be decoded in rows {window.top} to {window.bottom}: {error}",
                subject=bands[0].path,
            ) from error


def check_grid(grid: Grid, subject: object) -> None:
    """Check that parcels can be rasterised on a grid.

    :raises GridError: no CRS, no extent, rotated or sheared.
    """
    if grid.crs is None:
        raise GridError("has no CRS", subject=subject, hint="add one with gdal_edit.py -a_srs")
    if grid.transform.b or grid.transform.d:
        raise GridError(
            "is rotated or sheared", subject=subject, hint="gdalwarp IN OUT writes it north-up"
        )
    if not (grid.transform.a and grid.transform.e and grid.width > 0 and grid.height > 0):
        raise GridError("has no extent", subject=subject)


@contextmanager
def open_bands(bands: Sequence[Band]) -> Iterator[list[Raster]]:
    """Open the bands' files, each once, with GDAL's cache limited by the settings.

    :raises CorruptProduct: a file cannot be opened.
    """
    # Rasterio takes bytes here; GDAL's own option would read 64 as megabytes.
    with (
        rasterio.Env(GDAL_CACHEMAX=settings().extraction.gdal_cache_mb << 20),
        ExitStack() as stack,
    ):
        opened: dict[str, Raster] = {}
        for band in bands:
            if band.path not in opened:
                opened[band.path] = Raster(stack.enter_context(open_raster(Path(band.path))))
        yield [opened[band.path] for band in bands]


def working_dtype(bands: Sequence[Band]) -> np.dtype:
    """float32 where that holds every stored number exactly, else float64.

    :raises InconsistentProduct: complex numbers.
    """
    for band in bands:
        if band.dtype.startswith("complex"):
            raise InconsistentProduct(f"band {band.name} holds complex numbers", subject=band.path)
    exact = all(np.can_cast(band.dtype, np.float32) for band in bands)
    return np.dtype(np.float32 if exact else np.float64)
