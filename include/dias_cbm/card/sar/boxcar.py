"""Coherence as a moving average: the magnitude of the mean interferogram over the mean powers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from dias_cbm.card.sar.interferogram import Interferogram

#: Summed power, in squared digital numbers, below which there are only rounding errors.
_DARK = 1e-3


@dataclass(frozen=True, slots=True)
class BoxcarWindow:
    """The window to average, in pixels. The middle of an even one is half a pixel before its pixel.

    :param range: samples.
    :param azimuth: lines.
    """

    range: int = 10
    azimuth: int = 3

    @property
    def before(self) -> tuple[int, int]:
        """Lines and samples of the window before its pixel."""
        return self.azimuth // 2, self.range // 2

    @property
    def shift(self) -> tuple[float, float]:
        """Lines and samples from the middle of the window to its pixel."""
        return (1 - self.azimuth % 2) / 2, (1 - self.range % 2) / 2


def coherence(pair: Interferogram, window: BoxcarWindow) -> np.ndarray:
    """Coherence of every pixel whose window is all valid.

    A partial window would overestimate the coherence, so it gives no value.

    :returns: float32[polarisations, lines - azimuth + 1, samples], 0 for no value. The first line
        belongs to the interferogram's line ``window.before[0]``.
    """
    layers, lines, samples = pair.cross.shape
    result = np.zeros((layers, max(lines - window.azimuth + 1, 0), samples), np.float32)
    _coherence(pair.cross, pair.power, pair.valid, window.range, window.azimuth, result)
    return result


@njit(cache=True, nogil=True)
def _coherence(
    cross: np.ndarray,
    power: np.ndarray,
    valid: np.ndarray,
    width: int,
    height: int,
    result: np.ndarray,
) -> None:
    layers, lines, samples = result.shape
    column = np.empty((5, samples))
    for layer in range(layers):
        for i in range(lines):
            # Summed again for each line, so that a line's result does not depend on its stripe.
            column[:] = 0
            for k in range(i, i + height):
                for j in range(samples):
                    column[0, j] += cross[layer, k, j].real
                    column[1, j] += cross[layer, k, j].imag
                    column[2, j] += power[0, layer, k, j]
                    column[3, j] += power[1, layer, k, j]
                    column[4, j] += valid[k, j]
            _slide(column, width, height, result[layer, i])


@njit(cache=True, nogil=True)
def _slide(column: np.ndarray, width: int, height: int, result: np.ndarray) -> None:
    real = imaginary = one = other = count = 0.0
    for j in range(column.shape[1]):
        real += column[0, j]
        imaginary += column[1, j]
        one += column[2, j]
        other += column[3, j]
        count += column[4, j]
        if j >= width:
            real -= column[0, j - width]
            imaginary -= column[1, j - width]
            one -= column[2, j - width]
            other -= column[3, j - width]
            count -= column[4, j - width]
        if j >= width - 1 and count == width * height and one > _DARK and other > _DARK:
            at = j - width + 1 + width // 2
            value = np.sqrt((real * real + imaginary * imaginary) / (one * other))
            result[at] = min(value, 1.0)
