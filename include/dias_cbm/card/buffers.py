"""Memory that is used again and again."""

from __future__ import annotations

import math
import mmap
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

#: A page of the larger size that processors have, in bytes.
_PAGE = 2 << 20


class Buffers:
    """Arrays by name. To get fresh memory from the system costs more than the work done in it."""

    def __init__(self) -> None:
        self._kept: dict[str, NDArray[Any]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """An array with any content. The one that had this name before is lost."""
        kept, size = self._kept.get(name), math.prod(shape)
        if kept is None or kept.size < size or kept.dtype != dtype:
            self._kept[name] = kept = _memory(size, np.dtype(dtype))
        return kept[:size].reshape(shape)


class Fresh(Buffers):
    """Arrays with memory of their own, for those who ask once."""

    def array(self, name: str, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """An array with any content."""
        return np.empty(shape, dtype)


def _memory(size: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Fresh memory, of large pages if it is large.

    Images are read across their lines, each of which is on another small page.
    """
    pages = -(-size * dtype.itemsize // _PAGE)
    if pages < 2:
        return np.empty(size, dtype)
    try:
        memory = mmap.mmap(-1, pages * _PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        memory.madvise(mmap.MADV_HUGEPAGE)
    except OSError:
        # A system without large pages, or without so much memory.
        return np.empty(size, dtype)
    return np.frombuffer(memory, dtype, size)
