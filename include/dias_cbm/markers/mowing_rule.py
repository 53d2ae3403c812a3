"""The rule of mowing: a sudden loss of moisture and of green that does not come back at once.

Between two clear looks NDMI falls by 0.15 and NDVI by 0.08 or more, and NDVI does not recover by
more than 0.05 a day, since that was a cloud. Of drops nearer than 15 days the largest is kept. A
small drop between looks that are far apart is slow, as grazing is, and is not a cut.

Thresholds and their figures: measured on the meadows of the project gee-mowing-detection (MIT),
chosen on one half of its sites; ``cbm evidence markers`` measures them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers.sequences import Sequences, strongest_apart

#: Options that all markers get; see :mod:`dias_cbm.markers.options`.
_COMMON = frozenset(["minimum_clear", "minimum_pixels", "minimum_looks", "statistic"])


@dataclass(frozen=True, slots=True)
class MowingOptions:
    """The thresholds of the rule, and the part of the year that it looks at.

    :param ndmi_drop: least fall of NDMI between two looks.
    :param ndvi_drop: least fall of NDVI.
    :param recovery: rise of NDVI per day above which the drop was a cloud.
    :param apart: least days between two cuts.
    :param slow_days: between looks further apart than this, NDMI must fall by ``slow_drop``.
    :param slow_drop: least fall of NDMI between such looks.
    :param first_day: first day of the year on which a cut may be seen, ``MM-DD``.
    :param end_day: first day on which it may not be seen any more; it may be in the next year.
    :param crops: patterns of declared crops it is meant for, as of a shell; empty: all.
    """

    ndmi_drop: float = 0.15
    ndvi_drop: float = 0.08
    recovery: float = 0.05
    apart: int = 15
    slow_days: int = 10
    slow_drop: float = 0.2
    first_day: str = "04-01"
    end_day: str = "10-31"
    crops: tuple[str, ...] = ()

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> MowingOptions:
        """The options of a marker's table, with defaults for what is not there.

        :raises ValueError: one is unknown, or is not a day or a number of days.
        """
        known = {field.name for field in fields(cls)}
        own = {name: value for name, value in options.items() if name not in _COMMON}
        unknown = sorted(own.keys() - known)
        if unknown:
            raise ValueError(f"no option {unknown[0]}; options: {', '.join(sorted(known))}")
        made = cls(**own | {"crops": tuple(own.get("crops", ()))})
        if made.apart < 1:
            raise ValueError(f"apart is {made.apart}, not 1 day or more")
        for day in (made.first_day, made.end_day):
            _number_of(day)
        return made

    def active(self, days: NDArray[Any]) -> NDArray[np.bool_]:
        """Which days are in the part of the year it looks at.

        :param days: since 1970-01-01.
        """
        dates = np.asarray(days, np.int64).astype("datetime64[D]")
        months = dates.astype("datetime64[M]")
        day = (dates - months).astype(np.int64) + 1
        number = (months.astype(np.int64) % 12 + 1) * 100 + day
        first, end = _number_of(self.first_day), _number_of(self.end_day)
        after, before = number >= first, number < end
        return after & before if first < end else after | before


def _number_of(day: str) -> int:
    try:
        np.datetime64(f"2000-{day}", "D")
        month, _, rest = day.partition("-")
        return int(month) * 100 + int(rest)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{day!r} is not a day such as 04-01") from error


@dataclass(frozen=True, slots=True)
class Drops:
    """What the rule compares, for each of k looks; NaN where there is no look to compare with.

    :param ndmi: float64[k], fall of NDMI since the look before.
    :param ndvi: float64[k], fall of NDVI since the look before.
    :param days: float64[k], days since the look before.
    :param recovery: float64[k], rise of NDVI per day to the next look.
    """

    ndmi: NDArray[np.float64]
    ndvi: NDArray[np.float64]
    days: NDArray[np.float64]
    recovery: NDArray[np.float64]

    @classmethod
    def of(cls, looks: Sequences, ndmi: NDArray[Any], ndvi: NDArray[Any]) -> Drops:
        """The drops at the looks.

        :param ndmi: float32[n, D].
        :param ndvi: float32[n, D].
        """
        green = looks.take(ndvi)
        return cls(
            -looks.since(looks.take(ndmi)),
            -looks.since(green),
            looks.since(looks.day),
            looks.until_next(green) / looks.until_next(looks.day),
        )


def sudden(drops: Drops, options: MowingOptions) -> NDArray[np.bool_]:
    """Which looks are the first after a drop that is large and sudden enough for a cut."""
    # NaN compares as False: without a look before there is no drop.
    deep = (drops.ndmi >= options.ndmi_drop) & (drops.ndvi >= options.ndvi_drop)
    return deep & ((drops.days <= options.slow_days) | (drops.ndmi >= options.slow_drop))


def cuts(looks: Sequences, drops: Drops, options: MowingOptions) -> NDArray[np.int64]:
    """Rows of the looks that are the first after a cut.

    :returns: int64[m], ascending.
    """
    # NaN compares as False: without a next look there is no recovery.
    stays = ~(drops.recovery > options.recovery)
    rows = np.flatnonzero(sudden(drops, options) & stays & options.active(looks.day))
    kept = strongest_apart(looks.parcel[rows], looks.day[rows], drops.ndmi[rows], options.apart)
    return rows[kept]
