"""Reading the lines of a burst from the measurement files of a swath."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from threading import Lock
from types import TracebackType
from typing import Self

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window

from dias_cbm.card.sar.annotation import Annotation
from dias_cbm.card.sar.safe import Image
from dias_cbm.errors import CorruptProduct, InconsistentProduct
from dias_cbm.products.readers.raster import open_unplaced

#: Bytes of a file that Linux reads ahead at a time, at most.
_AHEAD = 4 << 20


class SlcReader:
    """The images of one swath, one for each polarisation; a context manager.

    :param annotation: of one of them; they share their timing.
    :raises CorruptProduct: an image is missing or cannot be opened.
    :raises InconsistentProduct: it does not hold complex numbers, or its size is not that of its
        annotation.
    """

    def __init__(self, images: Sequence[Image], annotation: Annotation) -> None:
        self._annotation = annotation
        self._datasets: list[rasterio.io.DatasetReader] = []
        self._descriptors: list[int] = []
        self._reading = [Lock() for _ in images]
        try:
            for image in images:
                self._datasets.append(_opened(image, annotation))
                self._descriptors.append(os.open(self._datasets[-1].name, os.O_RDONLY))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        for dataset in self._datasets:
            dataset.close()
        while self._descriptors:
            os.close(self._descriptors.pop())

    def expect(self, burst: int) -> None:
        """Let the system begin to read a burst, and forget those before.

        An image of gigabytes is read once. What is kept of it would push out what others have in
        memory, and in a virtual machine fresh memory costs more than to read into it.
        """
        # A system that takes no advice reads when it is asked.
        with suppress(OSError):
            for descriptor in self._descriptors:
                # Nothing is compressed, so that bursts of an image have the same size.
                size = os.fstat(descriptor).st_size // len(self._annotation.bursts)
                if burst > 1:
                    os.posix_fadvise(descriptor, 0, size * (burst - 1), os.POSIX_FADV_DONTNEED)
                for first in range(size * burst, size * (burst + 1), _AHEAD):
                    os.posix_fadvise(descriptor, first, _AHEAD, os.POSIX_FADV_WILLNEED)

    def shape(self, lines: int) -> tuple[int, int, int]:
        """Of an array for some lines: polarisations, lines, samples."""
        return len(self._datasets), lines, self._annotation.samples

    def read(
        self, burst: int, first: int, lines: int, into: NDArray[np.complex64] | None = None
    ) -> NDArray[np.complex64]:
        """Lines of a burst: complex64[polarisations, lines, samples].

        One thread at a time reads a file.

        :param first: line, from 0 at the burst's first.
        :param into: of this shape, to be filled.
        :raises CorruptProduct: they cannot be decoded.
        """
        row = burst * self._annotation.lines_per_burst + first
        window = Window(0, row, self._annotation.samples, lines)
        pixels = np.empty(self.shape(lines), np.complex64) if into is None else into
        for layer, dataset in enumerate(self._datasets):
            try:
                with self._reading[layer]:
                    dataset.read(1, window=window, out=pixels[layer])
            except RasterioError as error:
                raise CorruptProduct(f"cannot be decoded: {error}", subject=dataset.name) from error
        return pixels


def _opened(image: Image, annotation: Annotation) -> rasterio.io.DatasetReader:
    path = image.measurement
    if path is None:
        raise CorruptProduct(
            f"has no {image.polarisation} measurement of {image.swath}", subject=image.annotation
        )
    dataset = open_unplaced(path)
    found, annotated = (dataset.height, dataset.width), (annotation.lines, annotation.samples)
    problem = None
    if dataset.count != 1 or not dataset.dtypes[0].startswith("complex"):
        problem = f"has {dataset.count} bands of {dataset.dtypes[0]}, not one of complex numbers"
    elif found != annotated:
        problem = (
            f"has {found[0]} x {found[1]} pixels,"
            f" its annotation says {annotated[0]} x {annotated[1]}"
        )
    if problem:
        dataset.close()
        raise InconsistentProduct(problem, subject=path)
    return dataset
