"""The coherence of one burst pair, in the geometry of the reference, stripe by stripe."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.boxcar import coherence
from dias_cbm.card.sar.coregistered_burst import CoregisteredBurst


def burst_coherence(pair: CoregisteredBurst) -> NDArray[np.float32]:
    """Coherence of a burst pair.

    :returns: float32[polarisations, lines, samples] of the reference; 0 for no value.
    """
    image, options = pair.swath.reference.annotation, pair.options
    window, lines = options.window, image.lines_per_burst
    result = np.zeros((len(pair.swath.reference.images), lines, image.samples), np.float32)
    for start in range(0, lines, options.stripe):
        first = max(start - window.before[0], 0)
        stop = min(start + options.stripe - window.before[0] + window.azimuth - 1, lines)
        part = coherence(pair.interferogram(first, stop), window)
        top = first + window.before[0]
        result[:, top : top + part.shape[1]] = part
    return result
