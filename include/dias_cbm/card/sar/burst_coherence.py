"""The coherence of one burst pair, in the geometry of the reference, stripe by stripe."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.buffers import Buffers
from dias_cbm.card.sar.boxcar import fill_coherence
from dias_cbm.card.sar.coregistered_burst import CoregisteredBurst
from dias_cbm.card.workers import Workers


def burst_coherence(
    pair: CoregisteredBurst, workers: Workers, memory: Buffers | None = None
) -> NDArray[np.float32]:
    """Coherence of a burst pair.

    :param workers: that share its stripes.
    :param memory: that the result takes, until the next one does.
    :returns: float32[polarisations, lines, samples] of the reference; 0 for no value.
    """
    image, options = pair.swath.reference.annotation, pair.options
    window, lines = options.window, image.lines_per_burst
    shape = len(pair.swath.reference.images), lines, image.samples
    result = (memory or Buffers()).array("coherence", shape, np.float32)
    before, after = window.before[0], window.azimuth - 1 - window.before[0]
    # Lines at the edges of the burst have no whole window.
    result[:, :before] = result[:, max(lines - after, 0) :] = 0

    def fill(start: int) -> None:
        stop = min(start + options.stripe, lines - after)
        part = pair.interferogram(start - before, stop + after, workers)
        with workers.times.step("window"):
            fill_coherence(part, window, result, start)

    for _ in workers.map(fill, range(before, lines - after, options.stripe)):
        pass
    return result
