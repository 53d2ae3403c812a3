"""The columns of files with daily weather, their units, and the values that are possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dias_cbm.errors import RecordFileError
from dias_cbm.weather.temperature import Temperature

#: Variables, in the order of the database's columns; JRC's ``prec`` is ``precipitation``.
VARIABLES = ("tmean", "tmin", "tmax", "precipitation")

_NAMES: Mapping[str, Sequence[str]] = {
    "cell": ("cell", "cell_id", "grid_id", "grid", "station"),
    "lon": ("lon", "longitude"),
    "lat": ("lat", "latitude"),
    "date": ("date", "day", "meteo_date", "time"),
    "tmean": ("tmean", "tavg", "tg", "temperature_air_2m_mean_24h"),
    "tmin": ("tmin", "tn", "temperature_air_2m_min_24h"),
    "tmax": ("tmax", "tx", "temperature_air_2m_max_24h"),
    "precipitation": ("precipitation", "prec", "rain", "rr", "precipitation_flux"),
}
_KELVIN = 273.15
# Degrees Celsius and millimetres a day that no place on Earth has gone beyond.
_POSSIBLE = {"tmean": (-95.0, 60.0), "tmin": (-95.0, 60.0), "tmax": (-95.0, 60.0),
             "precipitation": (0.0, 2000.0)}  # fmt: skip
# Files write what is missing as a number below this one.
_FILL = -990.0


@dataclass(frozen=True, slots=True)
class Columns:
    """The file's column for each field that it has."""

    of: Mapping[str, str]

    @property
    def texts(self) -> list[str]:
        """Columns that are read as texts."""
        return [self.of[name] for name in ("cell", "date") if name in self.of]

    @property
    def numbers(self) -> list[str]:
        """Columns that are read as numbers."""
        return [self.of[name] for name in ("lon", "lat", *VARIABLES) if name in self.of]


def choose(columns: Sequence[str], subject: object) -> Columns:
    """Find the columns that are needed; capitals do not matter.

    :param subject: the file, for messages.
    :raises RecordFileError: place or day is missing, or every variable.
    """
    present = {name.lower(): name for name in reversed(columns)}
    found = {
        field: present[match]
        for field, names in _NAMES.items()
        if (match := next((name for name in names if name in present), None)) is not None
    }
    missing = [name for name in ("lon", "lat", "date") if name not in found]
    if not set(VARIABLES) & set(found):
        missing.append(" or ".join(VARIABLES))
    if missing:
        raise RecordFileError(
            f"lacks the columns {', '.join(missing)}",
            subject=subject,
            hint="lon, lat, date, and tmean, tmin, tmax or precipitation",
        )
    return Columns(found)


def converted(
    variable: str, values: NDArray[np.float64], unit: Temperature
) -> tuple[NDArray[np.float32], int, int]:
    """Values in degrees Celsius or millimetres; NaN for those that are missing or not possible.

    :returns: the values, how many the file gives, and how many of these are not possible.
    """
    given = ~(np.isnan(values) | (np.isfinite(values) & (values < _FILL)))
    found = np.where(given, values, np.nan)
    if variable != "precipitation" and unit is Temperature.KELVIN:
        found = found - _KELVIN
    low, high = _POSSIBLE[variable]
    impossible = given & ~((found >= low) & (found <= high))
    kept = np.where(impossible, np.nan, found).astype(np.float32)
    return kept, int(given.sum()), int(impossible.sum())
