"""Debursting: the part that each burst contributes where bursts and sub-swaths overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dias_cbm.card.sar.annotation import SPEED_OF_LIGHT, Annotation
from dias_cbm.card.sar.bursts import valid_lines, valid_samples


class Part(NamedTuple):
    """The part that a burst contributes, half-open: zero-Doppler times in s, slant ranges in m."""

    start: float
    stop: float
    near: float
    far: float


class UsedSwath(NamedTuple):
    """A sub-swath and the bursts of it that are used, in order."""

    image: Annotation
    bursts: Sequence[int]


def parts(swaths: Sequence[UsedSwath]) -> list[list[Part]]:
    """The part of each burst of each swath; parts neither overlap nor leave gaps.

    :param swaths: of one acquisition, from near to far.
    """
    sides = [_sides(swath) for swath in swaths]
    nears, fars = _meeting([near for near, _ in sides], [far for _, far in sides])
    found = []
    for swath, near, far in zip(swaths, nears, fars, strict=True):
        ends = [_times(swath.image, burst) for burst in swath.bursts]
        starts, stops = _meeting([start for start, _ in ends], [stop for _, stop in ends])
        found.append(
            [Part(start, stop, near, far) for start, stop in zip(starts, stops, strict=True)]
        )
    return found


def _meeting(starts: list[float], stops: list[float]) -> tuple[list[float], list[float]]:
    """Intervals in order, cut in the middle of each overlap."""
    starts, stops = list(starts), list(stops)
    for k in range(len(starts) - 1):
        if stops[k] > starts[k + 1]:
            stops[k] = starts[k + 1] = (stops[k] + starts[k + 1]) / 2
    return starts, stops


def _times(image: Annotation, index: int) -> tuple[float, float]:
    burst = image.bursts[index]
    first, end = valid_lines(burst)
    return (
        burst.azimuth_time + first * image.line_interval,
        burst.azimuth_time + end * image.line_interval,
    )


def _sides(swath: UsedSwath) -> tuple[float, float]:
    """The slant ranges between which all its bursts have samples."""
    near, far = 0, swath.image.samples
    for index in swath.bursts:
        valid = valid_samples(swath.image.bursts[index])
        valid = valid[valid[:, 1] > valid[:, 0]]
        if len(valid):
            near, far = max(near, int(valid[:, 0].max())), min(far, int(valid[:, 1].min()))
    to_range = SPEED_OF_LIGHT / 2

    def at(sample: int) -> float:
        image = swath.image
        return (image.slant_range_time + sample / image.range_sampling_rate) * to_range

    return at(near), at(far)
