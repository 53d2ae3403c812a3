"""A parcel's value in each five-day window beside the band of its peers. Pure.

Percentiles are those of means in linear units; decibels are only made of the result.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from dias_cbm.band_words import LEAST_DIFFERENCE

#: Fewer peers with a value do not make a band.
FEWEST_PEERS = 10

#: Windows in a row outside the band that make a departure: in one window alone, one parcel in five
#: is outside by chance.
FEWEST_WINDOWS = 3

#: Windows without a comparison that a departure may bridge, about a month.
LONGEST_BRIDGE = 6


class Side(StrEnum):
    """Where a value lies to the band between 10 and 90 % of the peers."""

    BELOW = "below"
    INSIDE = "inside"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class Values:
    """A parcel's value and its peers'; None where there is none.

    :param own: of the parcel.
    :param p10: 10 % of the peers are below it.
    """

    own: float | None
    p10: float | None
    p50: float | None
    p90: float | None


@dataclass(frozen=True, slots=True)
class Window:
    """One five-day window.

    :param last: last day, included.
    :param n: peers with a value; with fewer than 10 there is no band.
    :param values: in linear units.
    :param db: the same in decibels; None for what is not backscatter.
    :param side: None without a value or without a band.
    """

    period: int
    first: date
    last: date
    n: int
    values: Values
    db: Values | None
    side: Side | None


@dataclass(frozen=True, slots=True)
class Departure:
    """A time that a parcel spends outside its peers' band, on one side.

    :param last: last day, included.
    :param windows: number of windows outside.
    :param fewest: peers with a value in the window with the fewest.
    :param most: and in that with the most.
    :param size: median distance from the band's edge: in dB for backscatter, else as the band.
    """

    card: str
    band: str
    direction: str
    side: Side
    first: date
    last: date
    windows: int
    fewest: int
    most: int
    size: float


def window_of(
    card: str, period: int, days: tuple[date, date], own: float, peers: NDArray[np.float32]
) -> Window:
    """Compare one value.

    :param days: first day of the window, and the first day after it.
    :param own: in linear units; NaN: none.
    :param peers: float32[peers]; NaN: none.
    """
    known = peers[np.isfinite(peers)].astype(float)
    edges: list[float | None] = [None, None, None]
    if known.size >= FEWEST_PEERS:
        edges = [float(value) for value in np.percentile(known, (10, 50, 90))]
    values = Values(float(own) if math.isfinite(own) else None, *edges)
    return Window(
        period=period,
        first=days[0],
        last=days[1] - timedelta(days=1),
        n=int(known.size),
        values=values,
        db=_in_db(values) if card == "bs" else None,
        side=_side(values),
    )


def departures(
    card: str, band: str, direction: str, windows: Sequence[Window]
) -> Iterator[Departure]:
    """The departures of one series, in order of time.

    Those of fewer than three windows, or too small to be worth a sentence, are left out.

    :param windows: in order of time.
    """
    for run in _runs(windows):
        side = run[0].side
        if side not in (Side.BELOW, Side.ABOVE) or len(run) < FEWEST_WINDOWS:
            continue
        size = _size(card, side, run)
        if size >= LEAST_DIFFERENCE.get(card, 0.0):
            counts = [one.n for one in run]
            yield Departure(
                card=card,
                band=band,
                direction=direction,
                side=side,
                first=run[0].first,
                last=run[-1].last,
                windows=len(run),
                fewest=min(counts),
                most=max(counts),
                size=size,
            )


def _runs(windows: Sequence[Window]) -> Iterator[list[Window]]:
    """Windows in a row on one side; those without a comparison are passed over, up to a month."""
    run: list[Window] = []
    for one in windows:
        if one.side is None:
            continue
        if run and (one.side != run[-1].side or one.period - run[-1].period > LONGEST_BRIDGE + 1):
            yield run
            run = []
        run.append(one)
    if run:
        yield run


def _size(card: str, side: Side, run: Sequence[Window]) -> float:
    """Median distance from the edge; of backscatter that of the ratio, made decibels at the end."""
    edge = _p10 if side is Side.BELOW else _p90
    pairs = [(one.values.own or 0.0, edge(one.values)) for one in run]
    if card != "bs":
        return float(np.median([abs(own - limit) for own, limit in pairs]))
    # Noise that was taken off may leave nothing or less; such a ratio has no decibels.
    ratios = [own / limit for own, limit in pairs if own > 0 and limit > 0]
    return abs(10 * math.log10(float(np.median(ratios)))) if ratios else 0.0


def _p10(values: Values) -> float:
    return values.p10 or 0.0


def _p90(values: Values) -> float:
    return values.p90 or 0.0


def _side(values: Values) -> Side | None:
    if values.own is None or values.p10 is None or values.p90 is None:
        return None
    if values.own < values.p10:
        return Side.BELOW
    return Side.ABOVE if values.own > values.p90 else Side.INSIDE


def _in_db(values: Values) -> Values:
    return Values(
        _decibels(values.own), _decibels(values.p10), _decibels(values.p50), _decibels(values.p90)
    )


def _decibels(value: float | None) -> float | None:
    return 10 * math.log10(value) if value is not None and value > 0 else None
