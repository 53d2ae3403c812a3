"""Enhanced spectral diversity (ESD): azimuth registration from the overlap of bursts.

Where bursts overlap, the same ground is seen twice, with Doppler frequencies some 4700 Hz apart. An
azimuth error of the secondary changes the phase differently in each; the difference is 2 pi times
the frequency difference times the error in time (Prats-Iraola et al. 2012, IEEE TGRS 50(6)). This
resolves a thousandth of a line, which no orbit does.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from dias_cbm.card.sar.bursts import valid_lines
from dias_cbm.card.sar.coregistered_burst import CoregisteredBurst


def azimuth_shift(bursts: Iterable[CoregisteredBurst]) -> float | None:
    """Azimuth shift of a swath's secondary against its orbits, in lines.

    It must be within the phase's ambiguity, some 0.05 lines either way.

    :param bursts: of one swath, in order.
    :returns: None if no two of them overlap.
    """
    total, radians_per_line = 0j, []
    for one, other in pairwise(bursts):
        difference = _difference(one, other)
        if difference is not None:
            total += difference
            interval = one.swath.reference.annotation.line_interval
            radians_per_line.append(2 * np.pi * _frequency(one, other) * interval)
    return float(np.angle(total) / np.mean(radians_per_line)) if radians_per_line else None


def _difference(one: CoregisteredBurst, other: CoregisteredBurst) -> complex | None:
    """The interferograms of two bursts, one times the conjugate of the other, summed."""
    image = one.swath.reference.annotation
    first, second = (image.bursts[pair.bursts.reference] for pair in (one, other))
    step = round((second.azimuth_time - first.azimuth_time) / image.line_interval)
    begin, end = valid_lines(second)[0] + step, valid_lines(first)[1]
    if begin >= end:
        return None
    total = 0j
    for start in range(begin, end, one.options.stripe):
        stop = min(start + one.options.stripe, end)
        upper = one.interferogram(start, stop).cross
        lower = other.interferogram(start - step, stop - step).cross
        total += complex((upper * lower.conj()).sum(dtype=np.complex128))
    return total


def _frequency(one: CoregisteredBurst, other: CoregisteredBurst) -> float:
    """Doppler frequency of the first burst minus that of the second in their overlap, Hz."""
    image = one.swath.reference.annotation
    first, second = (image.bursts[pair.bursts.reference] for pair in (one, other))
    # The ramp is -pi kt eta^2 and so on: its second coefficient is minus pi times kt.
    rate = -one.ramps[1].terms[:, 2].mean() / np.pi
    return float(rate * (second.azimuth_time - first.azimuth_time))
