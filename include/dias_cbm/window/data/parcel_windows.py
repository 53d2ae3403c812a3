"""Rows of a parcel's five-day means: every window of the season, also those without a value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from dias_cbm.scenes import Card
from dias_cbm.seasons import Season
from dias_cbm.window.data.parcel_units import decibels, indices, unit

COLUMNS = (
    "card", "band", "direction", "window_start", "window_end", "mean", "unit", "mean_db", "n",
)  # fmt: skip
Row = dict[str, Any]
_Means = dict[int, tuple[float | None, int]]


def rows(season: Season, means: Iterable[Any], bands: Sequence[str] | None = None) -> list[Row]:
    """All windows of each series; a window ends before ``window_end``.

    :param means: of the query ``window/parcel_windows``.
    :param bands: only these bands and indices.
    """
    found: dict[tuple[str, str, str], _Means] = defaultdict(dict)
    for row in means:
        found[row.card, row.direction, row.band][row.period] = row.mean, row.n
    for direction in sorted({key[1] for key in found if key[0] == Card.S2}):
        optical = {key[2]: some for key, some in found.items() if key[:2] == (Card.S2, direction)}
        for period, values in _indices(optical).items():
            for name, value in values.items():
                n = max(some[period][1] for some in optical.values() if period in some)
                found[Card.S2, direction, name][period] = value, n
    periods = range(season.period(season.starts), season.period(season.ends) + 1)
    return [
        _row(season, key, period, *found[key].get(period, (None, 0)))
        for key in sorted(found)
        if bands is None or key[2] in bands
        for period in sorted({*periods, *found[key]})
    ]


def _indices(optical: dict[str, _Means]) -> dict[int, dict[str, float | None]]:
    means: dict[int, dict[str, float | None]] = defaultdict(dict)
    for band, some in optical.items():
        for period, (mean, _) in some.items():
            means[period][band] = mean
    return indices(means)


def _row(season: Season, key: tuple[str, str, str], period: int, mean: float | None, n: int) -> Row:
    card, direction, band = key
    start, end = season.window(period)
    return {
        "card": card,
        "band": band,
        "direction": direction,
        "window_start": start,
        "window_end": end,
        "mean": mean,
        "unit": unit(card, band),
        "mean_db": decibels(card, mean),
        "n": n,
    }
