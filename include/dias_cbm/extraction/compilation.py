"""Compilation of the numerical kernels: done at set-up, and never counted as work.

``python -m dias_cbm.extraction.compilation`` compiles them into numba's cache, which is beside the
modules, or in the folder that ``NUMBA_CACHE_DIR`` names.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
from numba.core import event
from rasterio.transform import from_origin
from shapely import box

#: Types of pixels that products and users' rasters have.
DTYPES = ("uint8", "uint16", "int16", "int32", "float32", "float64")
_CRS = 32632
_WEST, _NORTH, _PIXEL, _SIZE = 500_000.0, 6_000_000.0, 10.0, 32
# Held by numba while it compiles, or loads what was compiled before.
_COMPILING = "numba:compiler_lock"


class WorkClock:
    """Measures the time of work, without that of compilation."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._listener = event.TimingListener()

    @property
    def compiling(self) -> float:
        """Seconds of compilation so far."""
        return float(self._listener.duration) if self._listener.done else 0.0

    @property
    def seconds(self) -> float:
        """Seconds since the clock was started, without compilation."""
        return max(time.monotonic() - self._started - self.compiling, 1e-6)

    @contextmanager
    def running(self) -> Iterator[WorkClock]:
        """Notice compilation while entered."""
        with event.install_listener(_COMPILING, self._listener):
            yield self


@contextmanager
def work_clock() -> Iterator[WorkClock]:
    """A clock that is started now, and notices compilation while entered."""
    with WorkClock().running() as clock:
        yield clock


def compile_kernels() -> float:
    """Compile everything that an extraction uses, by small extractions of each kind.

    :returns: seconds of compilation; little if it had been done before.
    """
    from dias_cbm.extraction.rule import Rule
    from dias_cbm.extraction.stream import ClearMask, histogram, zonal
    from dias_cbm.geometry import flatten
    from dias_cbm.products.open import open_product

    east, south = _WEST + _SIZE * _PIXEL, _NORTH - _SIZE * _PIXEL
    hole = box(_WEST + 95, south + 95, _WEST + 205, south + 205)
    shapes = [
        box(_WEST + 25, south + 25, east - 25, _NORTH - 25).difference(hole),
        box(_WEST - 50, south - 50, _WEST + 65, south + 65),
        box(east + 100, south, east + 200, south + 100),
    ]
    rings = flatten(shapes)
    with work_clock() as clock, tempfile.TemporaryDirectory(prefix="cbm-") as folder:
        for dtype in DTYPES:
            (band,) = open_product(_raster(Path(folder), dtype)).bands.values()
            for rule in Rule:
                zonal(rings, _CRS, [band], rule=rule)
        (classes,) = open_product(Path(folder, "uint8.tif")).bands.values()
        histogram(rings, _CRS, classes)
        (band,) = open_product(Path(folder, "uint16.tif")).bands.values()
        for rule in Rule:
            zonal(rings, _CRS, [band], rule=rule, mask=ClearMask(classes, (4, 5)))
    return clock.compiling


def _raster(folder: Path, dtype: str) -> Path:
    path = folder / f"{dtype}.tif"
    profile = {
        "driver": "GTiff",
        "width": _SIZE,
        "height": _SIZE,
        "count": 1,
        "dtype": dtype,
        "nodata": 0,
        "crs": _CRS,
        "transform": from_origin(_WEST, _NORTH, _PIXEL, _PIXEL),
    }
    pixels = np.arange(_SIZE * _SIZE).reshape(1, _SIZE, _SIZE) % 12
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(pixels.astype(dtype))
    return path


if __name__ == "__main__":
    sys.stdout.write(f"compiled in {compile_kernels():.1f} s\n")
