"""The weather of a parcel: that of the nearest cell, and sums that rules and pages may use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData, ParcelUnknown
from dias_cbm.seasons import Season
from dias_cbm.weather.columns import VARIABLES

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weather:
    """Daily weather of one cell.

    :param metres: from the parcel to the place of the cell.
    :param days: those that have a value, rising.
    :param values: float64[n] by variable; degrees Celsius and millimetres, NaN: unknown.
    """

    cell: str
    metres: float
    days: list[date]
    values: dict[str, Floats]

    def missing(self, first: date, last: date) -> list[date]:
        """Days from ``first`` to ``last``, included, of which nothing is known."""
        known = set(self.days)
        every = (first + timedelta(n) for n in range((last - first).days + 1))
        return [day for day in every if day not in known]

    def columns(self) -> dict[str, list[date] | list[float | None]]:
        """The columns of JRC's ``weatherTimeSeries``: meteo_date, tmean, tmin, tmax, prec."""
        numbers = {
            "prec" if name == "precipitation" else name: [
                None if np.isnan(value) else float(value) for value in self.values[name].tolist()
            ]
            for name in VARIABLES
        }
        return {"meteo_date": self.days} | numbers

    def rain(self, first: date, last: date) -> float | None:
        """Precipitation of the days from ``first`` to ``last``, included, in mm.

        :returns: None if it is not known of each of these days.
        """
        return _total(self._window("precipitation", first, last))

    def degree_days(self, first: date, last: date, base: float) -> float | None:
        """Growing-degree days: the sum of ``max((tmin + tmax) / 2 - base, 0)``.

        :param base: in degrees Celsius: 0 for grass and wheat, 5 for rape, 8 to 10 for maize.
        :returns: None if both temperatures are not known of each of these days.
        """
        low, high = (self._window(name, first, last) for name in ("tmin", "tmax"))
        return _total(np.maximum((low + high) / 2 - base, 0))

    def _window(self, name: str, first: date, last: date) -> Floats:
        """A value for each day; NaN where it is not known."""
        known = dict(zip(self.days, self.values[name].tolist(), strict=True))
        every = (first + timedelta(n) for n in range((last - first).days + 1))
        return np.array([known.get(day, np.nan) for day in every], float)


def _total(values: Floats) -> float | None:
    return None if np.isnan(values).any() else float(values.sum())


def of_parcel(connection: Connection, season: Season, pid: str) -> Weather:
    """The weather of the cell that is nearest to a parcel.

    :raises ParcelUnknown: the season has no such parcel.
    :raises NotEnoughData: the season has no weather.
    """
    values = {"season": season.id, "pid": pid}
    if connection.execute(query("parcels/known"), values).fetchone() is None:
        raise ParcelUnknown("the season has no such parcel", subject=f"{season.name} {pid}")
    cell = connection.execute(query("weather/nearest"), values).fetchone()
    if cell is None:
        raise NotEnoughData(
            "the season has no weather", subject=season.name, hint="cbm weather import"
        )
    rows = connection.execute(query("weather/days"), values | {"cell": cell.cell}).fetchall()
    return Weather(
        cell.cell,
        float(cell.metres),
        [row.day for row in rows],
        {name: _floats([getattr(row, name) for row in rows]) for name in VARIABLES},
    )


def _floats(values: Sequence[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], float)
