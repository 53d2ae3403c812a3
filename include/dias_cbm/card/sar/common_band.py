"""The azimuth frequencies that both bursts of a pair have.

In TOPS mode the antenna turns along the track, so the Doppler frequency of a place depends on when
in the burst it is seen. If bursts of two passes do not begin at the same place, each place has
another band of frequencies in either, and only what both have can be coherent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.annotation import Annotation
from dias_cbm.card.sar.coregistration import Registration
from dias_cbm.card.sar.deramp import Ramp

Floats = NDArray[np.float64]

#: Samples at which the band is computed; it changes smoothly along a line.
_NODES = 33


class Limits(NamedTuple):
    """The common band in the spectrum of one deramped burst.

    :param low: Hz from its middle, float64[samples]; ``high`` likewise, and less where there is no
        common band.
    """

    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class CommonBand:
    """The common band of a burst pair.

    :param offset: seconds by which the secondary's burst is later over the same ground.
    :param share: of the processed bandwidth, from 0 to 1; the least of all samples.
    :param reference: its limits, and ``secondary`` likewise.
    """

    offset: float
    share: float
    reference: Limits
    secondary: Limits


def common_band(
    images: tuple[Annotation, Annotation], ramps: tuple[Ramp, Ramp], registration: Registration
) -> CommonBand:
    """The common band of a burst pair, at the middle of the reference's burst.

    Elsewhere it differs by less than 1 Hz, since both antennas turn alike; and so at any height.

    :param images: of reference and secondary, as are ``ramps``.
    """
    one, other = ramps
    sample = np.linspace(0, images[0].samples - 1, _NODES)
    line = np.full(_NODES, one.middle)
    other_line, other_sample, _ = registration.at(line, sample, np.zeros(_NODES))
    middles = one.frequency(line, sample), other.frequency(other_line, other_sample)
    halves = [image.azimuth_bandwidth / 2 for image in images]
    low = np.max([middle - half for middle, half in zip(middles, halves, strict=True)], axis=0)
    high = np.min([middle + half for middle, half in zip(middles, halves, strict=True)], axis=0)
    share = float((high - low).min()) / (2 * max(halves))
    since = -(other_line - other.middle) * other.interval
    limits = [
        Limits(*(np.interp(np.arange(image.samples), at, edge - middle) for edge in (low, high)))
        for image, at, middle in zip(images, (sample, other_sample), middles, strict=True)
    ]
    return CommonBand(float(since.mean()), max(share, 0.0), *limits)
