"""The base of all writers: a work folder that becomes the product by one rename."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from dias_cbm.errors import CardFailed, GridError
from dias_cbm.products.atomic_folder import appear, begin, disk_errors
from dias_cbm.products.model import Grid
from dias_cbm.products.writers.layer import Layer


class ProductWriter(Protocol):
    """Writes one product, block by block; a context manager.

    When the context ends without an error, the product appears under its name by one rename of a
    work folder beside it. After an error nothing remains.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def write(self, band: str, row: int, column: int, values: NDArray[np.float32]) -> None:
        """Write a block of a band; blocks may come in any order and more than once.

        :param row: of the block's upper left pixel.
        :param values: rows x columns; NaN becomes nodata.
        :raises CardFailed: the disk is full.
        """
        ...

    def lay(self, band: str, row: int, column: int, values: NDArray[np.float32]) -> None:
        """Write what a block has above 0; elsewhere the product stays as it is.

        Arguments as of :meth:`write`.
        """
        ...


class FolderWriter(ABC):
    """The part of a writer that does not depend on the format.

    :param path: the product's folder; its name is the product's.
    :param grid: of all bands; north-up, with a CRS.
    :param bands: polarisations, in the order of the product.
    :param nodata: value of pixels that are never written.
    :param tags: of the product, e.g. from :func:`dias_cbm.products.provenance.as_tags`.
    :raises GridError: the grid is not allowed.
    :raises CardFailed: a product of this name exists already, or the disk is full.
    """

    def __init__(
        self,
        path: Path,
        grid: Grid,
        bands: tuple[str, ...],
        nodata: float = 0.0,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        _check(path, grid, bands)
        self.path, self.grid, self.bands, self.nodata = path, grid, bands, nodata
        self.tags = dict(tags or {})
        self._work: Path | None = None
        self._layers: dict[str, Layer] = {}

    def __enter__(self) -> Self:
        with self._cleaned():
            self._work = begin(self.path)
            for band in self.bands:
                file = self._layer_file(self._work, band)
                self._layers[band] = Layer(file, self.grid.height, self.grid.width, self.nodata)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None or self._work is None:
            self._clean()
            return
        with self._cleaned():
            for layer in self._layers.values():
                layer.close()
            self._finish(self._work)
            appear(self._work, self.path)
            self._work = None

    def write(self, band: str, row: int, column: int, values: NDArray[np.float32]) -> None:
        """Write a block of a band."""
        with disk_errors(self.path):
            self._layers[band].write(row, column, values)

    def lay(self, band: str, row: int, column: int, values: NDArray[np.float32]) -> None:
        """Write what a block has above 0."""
        with disk_errors(self.path):
            self._layers[band].lay(row, column, values)

    @abstractmethod
    def _layer_file(self, work: Path, band: str) -> Path:
        """The file in which the numbers of a band are collected, big endian."""

    @abstractmethod
    def _finish(self, work: Path) -> None:
        """Make the complete product from the collected numbers."""

    @contextmanager
    def _cleaned(self) -> Iterator[None]:
        try:
            with disk_errors(self.path):
                yield
        except BaseException:
            self._clean()
            raise

    def _clean(self) -> None:
        for layer in self._layers.values():
            layer.close()
        if self._work is not None:
            shutil.rmtree(self._work, ignore_errors=True)
            self._work = None


def _check(path: Path, grid: Grid, bands: tuple[str, ...]) -> None:
    transform = grid.transform
    if grid.crs is None:
        raise GridError("has no CRS", subject=path)
    if grid.width < 1 or grid.height < 1 or transform.a <= 0 or transform.e >= 0:
        raise GridError("has no extent, or is not north-up", subject=path)
    if transform.b or transform.d:
        raise GridError("is rotated or sheared", subject=path)
    if not bands or len(set(bands)) != len(bands):
        raise CardFailed(f"cannot be written with bands {', '.join(bands) or 'none'}", subject=path)
