"""Coherence as a moving average: the magnitude of the mean interferogram over the mean powers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

#: Summed power, in squared digital numbers, below which there are only rounding errors.
_DARK = np.float32(1e-3)
#: Coherence 1 in an image of whole numbers, whose steps are 1.5e-5.
WHOLE = 65_535
#: Windows along a line that are summed at a time.
_CHUNK = 512
#: Sums may be put together otherwise.
_FAST = {"contract", "reassoc", "nsz", "arcp"}


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


def clear_sides(window: BoxcarWindow, result: np.ndarray) -> None:
    """Write 0 where lines of an image have no whole window, at their begin and their end.

    :param result: (polarisations, lines, samples).
    """
    left, samples = window.before[1], result.shape[2]
    result[..., :left] = result[..., max(samples - window.range + 1 + left, 0) :] = 0


@njit(cache=True, fastmath=_FAST, nogil=True)
def coherence_of_windows(
    cross: np.ndarray,
    power: np.ndarray,
    valid: np.ndarray,
    window: tuple[int, int],
    windows: tuple[int, int],
    result: np.ndarray,
    first: int,
    shift: int,
    scale: tuple[float, float],
) -> None:  # pragma: no cover - compiled
    """Write the coherence of pixels whose window is all valid into lines of an image.

    A partial window would overestimate the coherence, so it gives no value. Windows are worked on
    chunk by chunk, so that their sums stay in the cache.

    :param cross: of an :class:`Interferogram` float32[polarisations, lines, 2 * samples], its parts
        in turn; ``power`` and ``valid`` as it has them.
    :param window: samples and lines.
    :param windows: columns at which they begin, half-open.
    :param result: (polarisations, lines, samples), lines minus those of the window and one of which
        are filled, 0 for no value.
    :param first: of them.
    :param shift: from columns to samples of the result.
    :param scale: see :func:`_divide`.
    """
    width, height = window
    layers, lines = power.shape[1:3]
    # Side by side: real and imaginary parts of the interferogram, and the two powers.
    size = _CHUNK + width
    columns, sums = np.empty(4 * size, np.float32), np.empty(4 * size, np.float32)
    there, all_there = np.empty(size, np.bool_), np.empty(_CHUNK, np.bool_)
    for begin in range(windows[0], windows[1], _CHUNK):
        count = min(_CHUNK, windows[1] - begin)
        part = begin, begin + count + width - 1
        at = begin + shift + width // 2
        # Summed again for each line, so that a line's result does not depend on its stripe.
        for i in range(lines - height + 1):
            rows = i, i + height
            _all_of(valid, rows, part, there, all_there[:count])
            for layer in range(layers):
                of_cross = columns[:size], columns[size : 2 * size]
                of_power = columns[2 * size : 3 * size], columns[3 * size :]
                _add_complex(cross[layer], rows, part, of_cross)
                _add(power[0, layer], rows, part, of_power[0])
                _add(power[1, layer], rows, part, of_power[1])
                _moving(columns, width, sums[: 4 * size - width + 1])
                line = result[layer, first + i, at : at + count]
                _divide(sums, size, all_there, scale, line)


@njit(cache=True, nogil=True)
def _all_of(
    valid: np.ndarray,
    rows: tuple[int, int],
    part: tuple[int, int],
    there: np.ndarray,
    result: np.ndarray,
) -> None:  # pragma: no cover - compiled
    """Whether windows are all valid.

    :param rows: of the windows, half-open; ``part`` likewise the samples.
    :param there: memory for the columns.
    """
    there = there[: part[1] - part[0]]
    there[:] = True
    for row in range(*rows):
        line = valid[row, part[0] : part[1]]
        for k in range(line.shape[0]):
            there[k] &= line[k]
    result[:] = True
    for column in range(there.shape[0] - result.shape[0] + 1):
        shifted = there[column:]
        for k in range(result.shape[0]):
            result[k] &= shifted[k]


@njit(cache=True, fastmath=_FAST, nogil=True)
def _add(
    values: np.ndarray, rows: tuple[int, int], part: tuple[int, int], columns: np.ndarray
) -> None:  # pragma: no cover - compiled
    """Sums of columns over some rows; arguments as of :func:`_all_of`."""
    columns[:] = 0
    for row in range(*rows):
        line = values[row, part[0] : part[1]]
        for k in range(line.shape[0]):
            columns[k] += line[k]


@njit(cache=True, fastmath=_FAST, nogil=True)
def _add_complex(
    values: np.ndarray,
    rows: tuple[int, int],
    part: tuple[int, int],
    columns: tuple[np.ndarray, np.ndarray],
) -> None:  # pragma: no cover - compiled
    """The same of real and imaginary parts, which ``values`` has in turn."""
    real, imaginary = columns
    real[:] = imaginary[:] = 0
    for row in range(*rows):
        line = values[row, 2 * part[0] : 2 * part[1]]
        for k in range(part[1] - part[0]):
            real[k] += line[2 * k]
            imaginary[k] += line[2 * k + 1]


@njit(cache=True, fastmath=_FAST, nogil=True)
def _moving(
    columns: np.ndarray, width: int, result: np.ndarray
) -> None:  # pragma: no cover - compiled
    """Moving sums of a number of columns, from each of them on."""
    result[:] = 0
    done = 0
    while width - done >= 4:
        c = columns[done:]
        for k in range(result.shape[0]):
            result[k] += (c[k] + c[k + 1]) + (c[k + 2] + c[k + 3])
        done += 4
    for column in range(done, width):
        c = columns[column:]
        for k in range(result.shape[0]):
            result[k] += c[k]


@njit(cache=True, fastmath=_FAST, nogil=True, error_model="numpy")
def _divide(
    sums: np.ndarray,
    size: int,
    valid: np.ndarray,
    scale: tuple[float, float],
    result: np.ndarray,
) -> None:  # pragma: no cover - compiled
    """The magnitude of the summed interferogram over the summed powers, at most 1.

    :param scale: the least value of a whole number, 0 for numbers that are not whole; and that of
        coherence 1.
    """
    real, imaginary = sums[:size], sums[size : 2 * size]
    one, other = sums[2 * size : 3 * size], sums[3 * size :]
    least, whole = np.float32(scale[0]), np.float32(scale[1])
    half = least / 2
    for k in range(result.shape[0]):
        squared = real[k] * real[k] + imaginary[k] * imaginary[k]
        value = min(np.sqrt(squared / (one[k] * other[k])), np.float32(1))
        given = valid[k] & (one[k] > _DARK) & (other[k] > _DARK)
        result[k] = max(value * whole + half, least) if given else np.float32(0)
