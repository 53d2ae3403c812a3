"""Comparison of two sources of a season: how they differ, how far apart in time, what is missing.

Values of one parcel, band and day are compared, of radar also of one direction of the orbit where
both sources tell it. Backscatter is compared twice: linear, and in decibels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from dias_cbm.cards import Card
from dias_cbm.days import day_number
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData
from dias_cbm.seasons import Season
from dias_cbm.series.lag import Lag, LagSums
from dias_cbm.series.moments import Difference, Moments
from dias_cbm.series.reading import EMPTY, Band, Both, Series, blocks, keys_of
from dias_cbm.series.units import is_backscatter

LINEAR, DECIBEL = "linear", "dB"
#: Crops with rows of their own; all others share one.
CROPS = 30
OTHER_CROPS = "other crops"
_LAG_BLOCKS = 20
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Row:
    """The difference in one group of pairs.

    :param unit: ``linear`` or ``dB`` for backscatter, else empty.
    :param crop: None: all crops.
    :param month: such as 2018-05; None: all months.
    """

    card: str
    band: str
    unit: str
    crop: str | None
    month: str | None
    difference: Difference


@dataclass(slots=True)
class BandFacts:
    """What one band has on either side, and the lag.

    :param both: values of one parcel and day in both sources; ``only_a`` and ``only_b`` in one.
    :param ambiguous: values left out, since one source has passes of both directions that day, and
        the other does not tell which it has.
    :param not_positive: pairs left out of the comparison in decibels.
    :param days_only_a: days on which B has no value of any parcel.
    """

    card: str
    band: str
    both: int = 0
    only_a: int = 0
    only_b: int = 0
    ambiguous: int = 0
    not_positive: int = 0
    days_only_a: list[date] = field(default_factory=list)
    days_only_b: list[date] = field(default_factory=list)
    lag: Lag | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result for all bands.

    :param rows: for all, by month, by crop, and by crop and month, in this order for each band.
    :param lag_blocks: blocks of parcels from which the lags come, of ``blocks``.
    """

    season: str
    a: str
    b: str
    bands: list[BandFacts]
    rows: list[Row]
    blocks: int
    lag_blocks: int


def compare(
    connection: Connection,
    season: Season,
    a: str,
    b: str,
    *,
    progress: Callable[[int], None] | None = None,
) -> Comparison:
    """Compare two sources, inside the caller's transaction.

    :param a: name of a source; ``own`` is the season's own.
    :param b: name of another. All differences are B - A.
    :param progress: called with the number of blocks that are done.
    :raises SeriesError: there is no such source.
    :raises NotEnoughData: neither has a value.
    """
    work = _Work(season, _crops(connection, season))
    total = len(connection.execute(query("series/blocks"), {"season": season.id}).fetchall())
    # Lags cost more than all the rest; they come from blocks all over the season.
    chosen = set(np.linspace(0, max(total - 1, 0), _LAG_BLOCKS).astype(int).tolist())
    for number, both in enumerate(blocks(connection, season, a, b)):
        work.add(both, with_lag=number in chosen)
        if progress is not None:
            progress(number + 1)
    if not work.bands:
        raise NotEnoughData(f"neither {a} nor {b} has a value", subject=season.name)
    facts = [work.facts(band) for band in sorted(work.bands)]
    rows = [row for band in sorted(work.bands) for row in work.rows(band)]
    return Comparison(season.name, a, b, facts, rows, total, min(total, len(chosen)))


def _crops(connection: Connection, season: Season) -> list[str]:
    rows = connection.execute(query("series/crops"), {"season": season.id})
    return [row.crop for row in rows]


@dataclass(slots=True)
class _BandWork:
    """What is collected of one band."""

    facts: BandFacts
    lag: LagSums = field(default_factory=LagSums)
    days_a: set[int] = field(default_factory=set)
    days_b: set[int] = field(default_factory=set)
    moments: dict[str, Moments] = field(default_factory=dict)


class _Work:
    """Collects blocks; groups are crops by months."""

    def __init__(self, season: Season, crops: Sequence[str]) -> None:
        own = list(crops[:CROPS])
        self.crops = [crop or "no crop" for crop in own]
        self._crop = {crop: number for number, crop in enumerate(own)}
        if len(crops) > CROPS:
            self.crops.append(OTHER_CROPS)
        self.months = list(_months(season))
        first = day_number(season.starts)
        days = (season.starts + timedelta(n) for n in range((season.ends - season.starts).days + 1))
        place = {month: number for number, month in enumerate(self.months)}
        self._first, self._month = first, np.array([place[f"{day:%Y-%m}"] for day in days])
        self.bands: dict[Band, _BandWork] = {}

    def add(self, both: Both, *, with_lag: bool) -> None:
        crop = np.zeros(int(both.pos.max()) + 1, np.int64)
        crop[both.pos] = [self._crop.get(name, CROPS) for name in both.crops]
        for band in sorted({*both.a, *both.b}):
            work = self.bands.setdefault(band, _BandWork(BandFacts(*band)))
            a, b = (self._inside(side.get(band, EMPTY)) for side in (both.a, both.b))
            a, b = _comparable(band, a, b, work.facts)
            work.days_a.update(np.unique(a.day).tolist())
            work.days_b.update(np.unique(b.day).tolist())
            self._pair(band, work, a, b, crop)
            if with_lag and len(a) and len(b):
                work.lag.add(*_for_lag(band, a, b))

    def _inside(self, series: Series) -> Series:
        place = series.day - self._first
        return series.take((place >= 0) & (place < len(self._month)))

    def _pair(self, band: Band, work: _BandWork, a: Series, b: Series, crop: np.ndarray) -> None:
        keys_a, keys_b = (keys_of(one.pos, one.day, one.direction) for one in (a, b))
        _, in_a, in_b = np.intersect1d(keys_a, keys_b, assume_unique=True, return_indices=True)
        facts = work.facts
        facts.both += len(in_a)
        facts.only_a += len(a) - len(in_a)
        facts.only_b += len(b) - len(in_b)
        group = crop[a.pos[in_a]] * len(self.months) + self._month[a.day[in_a] - self._first]
        x, y = a.value[in_a], b.value[in_b]
        backscatter = is_backscatter(*band)
        self._moments(work, LINEAR if backscatter else "").add(group, x, y)
        if backscatter:
            positive = (x > 0) & (y > 0)
            facts.not_positive += int((~positive).sum())
            decibels = (10 * np.log10(one[positive]) for one in (x, y))
            self._moments(work, DECIBEL).add(group[positive], *decibels)

    def _moments(self, work: _BandWork, unit: str) -> Moments:
        if unit not in work.moments:
            work.moments[unit] = Moments(len(self.crops) * len(self.months))
        return work.moments[unit]

    def facts(self, band: Band) -> BandFacts:
        work = self.bands[band]
        work.facts.days_only_a = _days(work.days_a - work.days_b)
        work.facts.days_only_b = _days(work.days_b - work.days_a)
        work.facts.lag = work.lag.result()
        return work.facts

    def rows(self, band: Band) -> Iterator[Row]:
        months = len(self.months)
        each = np.arange(len(self.crops) * months)
        for unit, moments in self.bands[band].moments.items():
            levels: list[tuple[Moments, list[tuple[str | None, str | None]]]] = [
                (moments.together(np.zeros_like(each), 1), [(None, None)]),
                (moments.together(each % months, months), [(None, one) for one in self.months]),
                (
                    moments.together(each // months, len(self.crops)),
                    [(one, None) for one in self.crops],
                ),
                (moments, [(one, month) for one in self.crops for month in self.months]),
            ]
            for level, names in levels:
                for number, (crop, month) in enumerate(names):
                    found = level.difference(number)
                    if found is not None:
                        yield Row(*band, unit, crop, month, found)


def _months(season: Season) -> Iterator[str]:
    year, month = season.starts.year, season.starts.month
    while (year, month) <= (season.ends.year, season.ends.month):
        yield f"{year:04}-{month:02}"
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)


def _days(numbers: set[int]) -> list[date]:
    return [_EPOCH + timedelta(number) for number in sorted(numbers)]


def _comparable(band: Band, a: Series, b: Series, facts: BandFacts) -> tuple[Series, Series]:
    """One value per parcel and day; of radar one per direction, if both sources have directions."""
    radar = band[0] != Card.S2
    directed = all(bool((one.direction > 0).all()) for one in (a, b))
    if radar and not directed:
        a, left_a = _single_direction(a)
        b, left_b = _single_direction(b)
        facts.ambiguous += left_a + left_b
    by_direction = radar and directed
    found = [one.one_a_day(by_direction=by_direction) for one in (a, b)]
    if not by_direction:
        found = [
            Series(one.pos, one.day, np.zeros_like(one.direction), one.value, one.count)
            for one in found
        ]
    return found[0], found[1]


def _single_direction(series: Series) -> tuple[Series, int]:
    """The values of days without passes of several directions, and the number of the others."""
    key = keys_of(series.pos, series.day, np.zeros_like(series.direction))
    pairs = np.unique(key * 4 + series.direction) // 4
    days, directions = np.unique(pairs, return_counts=True)
    several = np.isin(key, days[directions > 1])
    return series.take(~several), int(several.sum())


def _for_lag(band: Band, a: Series, b: Series) -> tuple[Series, Series]:
    """Backscatter in decibels, all else as it is."""
    if not is_backscatter(*band):
        return a, b
    found = []
    for one in (a, b):
        positive = one.take(one.value > 0)
        decibels = 10 * np.log10(positive.value)
        found.append(
            Series(positive.pos, positive.day, positive.direction, decibels, positive.count)
        )
    return found[0], found[1]
