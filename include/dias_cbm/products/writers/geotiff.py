"""GeoTIFF: all bands in ``<name>/<name>.tif``, each described by its name; or a COG.

The setting ``card.compression`` selects the compression. Differences between neighbours
(TIFF's predictor 3) would make speckle and coherence some 10 % smaller, but GDAL takes about twice
as long to read and to write them with zstd. With ``card.value_bits`` pixels are rounded, and a tag
of the file states it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray

from dias_cbm.config.settings import settings
from dias_cbm.errors import GridError
from dias_cbm.products.atomic_folder import begin_sync
from dias_cbm.products.model import Grid
from dias_cbm.products.provenance import as_tags
from dias_cbm.products.writers.base import FolderWriter
from dias_cbm.products.writers.rounding import ALL_BITS, round_to_bits

T = TypeVar("T")
R = TypeVar("R")

_TILE = 512
#: Three times as fast as the level that GDAL takes by itself; speckle gets no larger.
_ZSTD_LEVEL = 3

#: How far, in pixels, the corner of an aligned grid may be from a multiple of the pixel.
_TOLERANCE = 1e-6


class GeoTiffWriter(FolderWriter):
    """Writes one tiled GeoTIFF, BigTIFF where necessary: the layout of the platforms' CARD-COH6.

    :param cog: as a cloud-optimised GeoTIFF with overviews; its grid must be aligned, that is, its
        corner must be a multiple of the pixel.
    :param threads: that compress it.
    :raises GridError: not aligned.
    """

    def __init__(
        self,
        path: Path,
        grid: Grid,
        bands: tuple[str, ...],
        nodata: float = 0.0,
        tags: Mapping[str, str] | None = None,
        *,
        cog: bool = False,
        threads: int = 1,
    ) -> None:
        super().__init__(path, grid, bands, nodata, tags)
        self.cog, self.threads = cog, threads
        if cog and not _aligned(grid):
            raise GridError(
                "is not aligned: its corner must be a multiple of its pixel", subject=path
            )

    def _layer_file(self, work: Path, band: str) -> Path:
        return work / f"{band}.raw"

    def _finish(self, work: Path) -> None:
        file = work / f"{self.path.name}.tif"
        compress = settings().card.compression
        with rasterio.Env(GDAL_CACHEMAX=64 << 20, GDAL_NUM_THREADS=str(self.threads)):
            if self.cog:
                plain = work / "plain.tif"
                self._write(plain, compress="none")
                options = {
                    "compress": compress,
                    "blocksize": str(_TILE),
                    **_level(compress, "level"),
                }
                rasterio.shutil.copy(
                    plain, file, driver="COG", bigtiff="if_safer", resampling="average", **options
                )
                plain.unlink()
            else:
                self._write(file, compress=compress, **_level(compress, "zstd_level"))

    def _write(self, file: Path, **options: Any) -> None:
        """Row by row of tiles, so that each tile is written once."""
        bits = settings().card.value_bits
        rounded = {} if bits == ALL_BITS else as_tags({"value_bits": bits})
        removed: list[Future[None]] = []
        with (
            ThreadPoolExecutor(1) as removing,
            rasterio.open(
                file,
                "w",
                driver="GTiff",
                width=self.grid.width,
                height=self.grid.height,
                count=len(self.bands),
                dtype="float32",
                crs=self.grid.crs,
                transform=self.grid.transform,
                nodata=self.nodata,
                tiled=True,
                blockxsize=_TILE,
                blockysize=_TILE,
                interleave="band",
                bigtiff="if_safer",
                **options,
            ) as dataset,
        ):
            dataset.update_tags(**self.tags, **rounded)
            for index, band in enumerate(self.bands, start=1):
                dataset.set_band_description(index, band)
            for index, row, values in self._strips(file):
                round_to_bits(values, bits, self.nodata)
                window = rasterio.windows.Window(0, row, self.grid.width, len(values))
                dataset.write(values, index, window=window)
                if row + len(values) == self.grid.height:
                    # Its numbers need not go to the disk any more. Those that are on their way
                    # there are waited for.
                    removed.append(removing.submit(self._layers[self.bands[index - 1]].file.unlink))
        for one in removed:
            one.result()

    def _strips(self, file: Path) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
        """Rows of tiles: number of the band, first row, pixels.

        :param file: what is written of them begins to go to the disk meanwhile; not if a COG is
            made of it, as it is removed then.
        """
        places = [
            (index, row)
            for index in range(1, len(self.bands) + 1)
            for row in range(0, self.grid.height, _TILE)
        ]
        begun = 0

        def read(place: tuple[int, int]) -> tuple[int, int, NDArray[np.float32]]:
            nonlocal begun
            if not self.cog:
                begun = begin_sync(file, begun)
            index, row = place
            layer, rows = self._layers[self.bands[index - 1]], min(_TILE, self.grid.height - row)
            return index, row, layer.read(row, rows)

        return map(read, places) if self.threads == 1 else _one_ahead(read, places)


def _one_ahead(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Results in order, each computed by a thread while the one before is used."""
    with ThreadPoolExecutor(1) as thread:
        coming: Future[R] | None = None
        for item in items:
            ready, coming = coming, thread.submit(work, item)
            if ready is not None:
                yield ready.result()
        if coming is not None:
            yield coming.result()


def _level(compress: str, option: str) -> dict[str, str]:
    return {option: str(_ZSTD_LEVEL)} if compress == "zstd" else {}


def _aligned(grid: Grid) -> bool:
    corner = grid.transform.c / grid.transform.a, grid.transform.f / grid.transform.e
    return all(math.isclose(at, round(at), abs_tol=_TOLERANCE, rel_tol=0) for at in corner)
