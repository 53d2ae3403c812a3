"""Common bursts of a pair of acquisitions, and the phase ramp of each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.card.sar.annotation import Annotation, Burst, RangePolynomial
from dias_cbm.card.sar.deramp import Ramp, ramp_of

#: How far apart two bursts of the same ground may be, as a share of the time from burst to burst;
#: beyond it the next one is nearer. Passes are synchronised to a few lines.
_FARTHEST = 0.5
#: The same share within which identifiers must be equal; further apart, either may have the next.
_SYNCHRONISED = 0.1

#: Estimates nearer to each other than this, in s, are of the same burst; bursts are 2.76 s apart.
_DOUBLED_S = 0.1


class BurstPair(NamedTuple):
    """Positions of a common burst in the two annotations.

    :param identifier: of both; None if the pair was found by geometry alone.
    """

    reference: int
    secondary: int
    identifier: int | None = None


def mid_time(image: Annotation, index: int) -> float:
    """Zero-Doppler time of the middle of a burst, s since the image's epoch."""
    return image.bursts[index].azimuth_time + image.lines_per_burst / 2 * image.line_interval


def common_bursts(
    reference: Annotation, secondary: Annotation, seen: NDArray[np.float64]
) -> list[BurstPair]:
    """Bursts of the same ground, whether they are synchronised or not.

    Bursts at the same place with different identifiers are not paired.

    :param seen: (bursts,) when the secondary's satellite sees the middle of the reference's bursts,
        s since the secondary's epoch.
    """
    cycle = _cycle(secondary)
    found = []
    for index, (burst, time) in enumerate(zip(reference.bursts, seen, strict=True)):
        apart, number = min(
            (abs(mid_time(secondary, number) - time), number)
            for number in range(len(secondary.bursts))
        )
        known = burst.burst_id, secondary.bursts[number].burst_id
        same = known[0] == known[1]
        contradict = not same and None not in known and apart < _SYNCHRONISED * cycle
        if apart < _FARTHEST * cycle and not contradict:
            found.append(BurstPair(index, number, burst.burst_id if same else None))
    return found


def _cycle(image: Annotation) -> float:
    """Seconds from one burst to the next; of a single burst its duration, a little more."""
    starts = [burst.azimuth_time for burst in image.bursts]
    between = [later - earlier for earlier, later in pairwise(starts)]
    return float(np.median(between)) if between else image.lines_per_burst * image.line_interval


def valid_samples(burst: Burst) -> NDArray[np.int32]:
    """First valid sample of every line and the one after the last; equal if there are none."""
    empty = (burst.first_valid < 0) | (burst.last_valid < 0)
    begin = np.where(empty, 0, burst.first_valid)
    end = np.where(empty, 0, burst.last_valid + 1)
    return np.stack([begin, end], axis=-1).astype(np.int32)


def valid_lines(burst: Burst) -> tuple[int, int]:
    """The first line with valid samples and the one after the last; equal if there are none."""
    lines = np.flatnonzero((burst.first_valid >= 0) & (burst.last_valid >= 0))
    return (int(lines[0]), int(lines[-1]) + 1) if lines.size else (0, 0)


def burst_ramp(image: Annotation, index: int, speed: float) -> Ramp:
    """The TOPS phase ramp of a burst.

    :param speed: of the satellite at :func:`mid_time`, m/s.
    """
    time = mid_time(image, index)
    samples = np.arange(image.samples)
    return ramp_of(
        slant_range_time=image.slant_range_time + samples / image.range_sampling_rate,
        fm_rate=estimate_of(image.fm_rate, time),
        doppler=estimate_of(image.doppler_centroid, time),
        steering_rate=image.steering_rate,
        speed=speed,
        frequency=image.radar_frequency,
        interval=image.line_interval,
        lines=image.lines_per_burst,
    )


def estimate_of(polynomials: Sequence[RangePolynomial], time: float) -> RangePolynomial:
    """The estimate from the data of a burst: the nearest in time, whatever its place in the list.

    A list of assembled slices has two estimates for the bursts where they meet, a few ms apart. The
    later slice begins its list with bursts that it does not have, so the earlier slice's counts.

    :param time: of the middle of the burst.
    """
    nearest = min(abs(one.azimuth_time - time) for one in polynomials)
    return next(one for one in polynomials if abs(one.azimuth_time - time) < nearest + _DOUBLED_S)
