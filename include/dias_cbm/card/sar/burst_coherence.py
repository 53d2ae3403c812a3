"""The coherence of one burst pair, in the geometry of the reference, stripe by stripe."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dias_cbm.card.buffers import Buffers, Fresh
from dias_cbm.card.sar.boxcar import WHOLE, BoxcarWindow, clear_sides, coherence_of_windows
from dias_cbm.card.sar.coregistered_burst import CoregisteredBurst
from dias_cbm.card.sar.interferogram import Interferogram, StripePair, interfere
from dias_cbm.card.sar.resampled_line import CHUNK
from dias_cbm.card.workers import Workers

#: Samples whose interferogram is made at a time: with its powers it stays in the processor's cache.
_SAMPLES = 4 * CHUNK


def burst_coherence(
    pair: CoregisteredBurst, workers: Workers, memory: Buffers | None = None
) -> NDArray[np.uint16]:
    """Coherence of a burst pair, in whole numbers: half the memory, and within 8e-6.

    :param workers: that share its stripes.
    :param memory: that the result takes, until the next one does.
    :returns: uint16[polarisations, lines, samples] of the reference, :data:`WHOLE` for 1; 0 for
        no value.
    """
    image, options = pair.swath.reference.annotation, pair.options
    window, lines = options.window, image.lines_per_burst
    shape = len(pair.swath.reference.images), lines, image.samples
    result = (memory or Fresh()).array("coherence", shape, np.uint16)
    before, after = window.before[0], window.azimuth - 1 - window.before[0]
    # Lines at the edges of the burst have no whole window.
    result[:, :before] = result[:, max(lines - after, 0) :] = 0

    def fill(start: int) -> None:
        stop = min(start + options.stripe, lines - after)
        _fill(pair.stripes(start - before, stop + after, workers), window, result, start, workers)

    for _ in workers.map(fill, range(before, lines - after, options.stripe)):
        pass
    return result


def _fill(
    stripes: StripePair,
    window: BoxcarWindow,
    result: NDArray[np.uint16],
    first: int,
    workers: Workers,
) -> None:
    """Fill lines of the result, by parts of their samples that stay in the cache.

    :param first: of the lines.
    """
    layers, lines = stripes.reference.pixels.shape[:2]
    clear_sides(window, result[:, first : first + lines - window.azimuth + 1])
    part = Interferogram.empty((layers, lines, window.range - 1 + _SAMPLES), workers.buffers)
    with workers.times.step("positions, resample, multiply, window"):
        size, cross = (window.range, window.azimuth), part.cross.view(np.float32)
        _fill_parts(stripes.inputs, cross, part.power, part.valid, size, result, first)


@njit(cache=True, nogil=True)
def _fill_parts(
    inputs: tuple[Any, ...],
    cross: NDArray[np.float32],
    power: NDArray[np.float32],
    valid: NDArray[np.bool_],
    size: tuple[int, int],
    result: NDArray[np.uint16],
    first: int,
) -> None:  # pragma: no cover - compiled
    """One call for a stripe: threads wait for each other each time that they leave a kernel.

    :param inputs: of :class:`StripePair`.
    :param cross: memory for a part of its interferogram; ``power`` and ``valid`` likewise.
    :param size: samples and lines of the window.
    """
    samples = inputs[0].shape[2] // 2
    # Windows reach back into the part before.
    shared = size[0] - 1
    for begin in range(0, samples, _SAMPLES):
        end = min(begin + _SAMPLES, samples)
        interfere(inputs, (begin, end), shared, cross, power, valid)
        windows = (shared if begin == 0 else 0), end - begin
        shift = begin - shared
        coherence_of_windows(
            cross, power, valid, size, windows, result, first, shift, (1.0, float(WHOLE))
        )
