"""A band-pass filter in azimuth, which also takes back the processor's weighting of the spectrum.

Within the common band, the window of each burst has its middle elsewhere. Left in place, it would
lower the coherence of two bursts that have half of the band in common by a tenth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dias_cbm.card.sar.common_band import Limits

#: Lines that the filter reaches to either side. Its edges are some 10 Hz wide: where a pair has
#: half of the band in common, what passes beyond them lowers the coherence by 0.4 %.
REACH = 24
#: Of the Kaiser window over the taps.
_BETA = 2.0
#: Samples that share taps; the band changes by a fraction of 1 Hz in them.
_BLOCK = 128
#: Frequencies by which the response is integrated.
_FREQUENCIES = 512
#: Share of the taps' power that may be missing at the edge of a burst.
_MISSING = 0.01


@dataclass(frozen=True, slots=True)
class AzimuthFilter:
    """The filter for one burst.

    :param taps: complex64[2 * REACH + 1, blocks of samples].
    :param guard: lines at each edge of the burst where too much of the filter is outside.
    """

    taps: NDArray[np.complex64]
    guard: int

    @classmethod
    def of(cls, limits: Limits, bandwidth: float, window: float, interval: float) -> AzimuthFilter:
        """The filter that leaves a band of a deramped burst, with a flat spectrum.

        :param bandwidth: processed, Hz.
        :param window: coefficient of the Hamming window over it; 1 for none.
        :param interval: seconds between lines.
        """
        low, high = (edge[_BLOCK // 2 :: _BLOCK] for edge in limits)
        if not low.size:
            low, high = limits.low[-1:], limits.high[-1:]
        share = (np.arange(_FREQUENCIES) + 0.5) / _FREQUENCIES
        frequency = low + share[:, None] * (high - low)
        weight = window + (1 - window) * np.cos(2 * np.pi * frequency / bandwidth)
        line = np.arange(-REACH, REACH + 1)
        phase = 2 * np.pi * interval * line[:, None, None] * frequency
        taps = (np.exp(1j * phase) / weight).mean(axis=1) * (high - low) * interval
        taps *= np.kaiser(len(line), _BETA)[:, None]
        return cls(taps.astype(np.complex64), _guard(taps))

    def filtered(
        self, pixels: NDArray[np.complex64], first: int, lines: int
    ) -> NDArray[np.complex64]:
        """Some lines of the filtered image.

        :param pixels: deramped, complex64[polarisations, lines, samples]: the wanted lines and
            :data:`REACH` more on either side, except where the burst ends.
        :param first: of the wanted lines, in ``pixels``.
        """
        layers, _, samples = pixels.shape
        result = np.zeros((layers, lines, samples), np.complex64)
        _filter(pixels, self.taps, first, result)
        return result

    def sound(self, valid: NDArray[np.int32]) -> NDArray[np.int32]:
        """Valid samples by line, without the lines at the edges of the burst.

        :param valid: of the burst, int32[lines, 2]: first sample and the one after the last.
        """
        result = valid.copy()
        lines = np.flatnonzero(valid[:, 1] > valid[:, 0])
        if lines.size and self.guard:
            result[: lines[0] + self.guard] = 0
            result[lines[-1] + 1 - self.guard :] = 0
        return result


def _guard(taps: NDArray[np.complex128]) -> int:
    """Lines at an edge where more than :data:`_MISSING` of a filter's power is outside."""
    power = (np.abs(taps) ** 2).mean(axis=1)
    beyond = np.cumsum(power[: REACH + 1]) / power.sum()
    return int(np.searchsorted(beyond[::-1] <= _MISSING, True)) - 1 if power.any() else 0


@njit(cache=True, fastmath=True, nogil=True)
def _filter(pixels: np.ndarray, taps: np.ndarray, first: int, result: np.ndarray) -> None:
    layers, lines, samples = result.shape
    for layer in range(layers):
        for line in range(lines):
            for tap in range(taps.shape[0]):
                row = first + line + tap - REACH
                if row < 0 or row >= pixels.shape[1]:
                    continue
                for block in range(taps.shape[1]):
                    # The tap that is ahead of a line weights what comes before it.
                    weight = taps[taps.shape[0] - 1 - tap, block]
                    stop = samples if block == taps.shape[1] - 1 else (block + 1) * _BLOCK
                    for sample in range(block * _BLOCK, stop):
                        result[layer, line, sample] += weight * pixels[layer, row, sample]
