"""Memory of a thread that is used again: asking for new memory can cost as much as filling it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: More than asked for, so that a slightly larger array finds room too.
_SPARE = 1.2


class Memory:
    """Arrays by name, each as large as it ever was."""

    def __init__(self) -> None:
        self._held: dict[str, NDArray[Any]] = {}

    def array(self, name: str, shape: tuple[int, ...], dtype: type) -> NDArray[Any]:
        """An array of some shape, with whatever was in its memory; the one before it is lost.

        :param dtype: always the same for a name.
        """
        size = math.prod(shape)
        held = self._held.get(name)
        if held is None or held.size < size:
            held = self._held[name] = np.empty(int(size * _SPARE), dtype)
        return held[:size].reshape(shape)
