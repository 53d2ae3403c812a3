"""The coherence of one burst pair, in the geometry of the reference, stripe by stripe."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.buffers import Buffers, Fresh
from dias_cbm.card.sar.boxcar import BoxcarWindow, clear_sides, fill_coherence
from dias_cbm.card.sar.coregistered_burst import CoregisteredBurst
from dias_cbm.card.sar.interferogram import Interferogram, StripePair
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
    """Fill lines of the result, by parts of their samples.

    :param first: of the lines.
    """
    layers, lines, samples = stripes.reference.pixels.shape
    clear_sides(window, result[:, first : first + lines - window.azimuth + 1])
    # Windows reach back into the part before.
    shared = window.range - 1
    part = Interferogram.empty((layers, lines, shared + _SAMPLES), workers.buffers)
    for begin in range(0, samples, _SAMPLES):
        end = min(begin + _SAMPLES, samples)
        with workers.times.step("positions, resample, multiply"):
            stripes.fill(part, shared, (begin, end))
        with workers.times.step("window"):
            columns = shared if begin == 0 else 0, end - begin
            fill_coherence(part, window, result, first, columns, begin - shared)
