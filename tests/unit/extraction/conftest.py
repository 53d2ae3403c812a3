"""Rasters in memory, as the bands that extraction reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio.io import MemoryFile
from zonal_runs import TOP_LEFT

from dias_cbm.products.open import Band, Grid

MakeBands = Callable[..., list[Band]]


@pytest.fixture(scope="module")
def make_bands() -> Iterator[MakeBands]:
    """``make_bands({"VV": array, ...}, transform, nodata=..., scale=..., offset=...)``."""
    with ExitStack() as stack:

        def make(
            arrays: dict[str, np.ndarray],
            transform: Affine = TOP_LEFT,
            *,
            crs: str | None = "EPSG:25832",
            nodata: float | None = None,
            scale: float = 1.0,
            offset: float = 0.0,
            **profile: Any,
        ) -> list[Band]:
            first = next(iter(arrays.values()))
            height, width = first.shape
            file = stack.enter_context(MemoryFile())
            with rasterio.open(
                file.name,
                "w",
                driver="GTiff",
                width=width,
                height=height,
                count=len(arrays),
                dtype=first.dtype,
                crs=crs,
                transform=transform,
                **profile,
            ) as dataset:
                for index, array in enumerate(arrays.values(), 1):
                    dataset.write(array, index)
                grid = Grid(dataset.crs, dataset.transform, width, height)
            return [
                Band(name, file.name, index, str(array.dtype), nodata, scale, offset, grid)
                for index, (name, array) in enumerate(arrays.items(), 1)
            ]

        yield make
