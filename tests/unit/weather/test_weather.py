"""Columns and units of weather files, and sums over days, against answers worked out by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from dias_cbm.errors import RecordFileError
from dias_cbm.weather.columns import Temperature, choose, converted
from dias_cbm.weather.nearest import Weather

NAN = float("nan")
DAYS = [date(2018, 5, 1), date(2018, 5, 2), date(2018, 5, 4)]


@pytest.fixture
def weather() -> Weather:
    return Weather(
        "c1", 900.0, DAYS,
        {
            "tmean": np.array([10.0, NAN, 12]), "tmin": np.array([4.0, 2, 6]),
            "tmax": np.array([16.0, 8, NAN]), "precipitation": np.array([0.0, 3.5, 1]),
        },
    )  # fmt: skip


def test_columns() -> None:
    found = choose(["Lon", "lat", "meteo_date", "tmean", "prec"], "f.csv")
    assert found.of == {
        "lon": "Lon", "lat": "lat", "date": "meteo_date", "tmean": "tmean", "precipitation": "prec",
    }  # fmt: skip
    with pytest.raises(RecordFileError, match="lacks the columns lat, date, tmean or tmin or tmax"):
        choose(["lon"], "f.csv")


def test_units_and_what_is_missing() -> None:
    given = np.array([283.15, NAN, -9999, 1000])
    values, number, impossible = converted("tmin", given, Temperature.KELVIN)
    assert values[0] == pytest.approx(10)
    assert np.isnan(values[1:]).all()
    assert (number, impossible) == (2, 1)
    values, number, impossible = converted(
        "precipitation", np.array([-0.5, 12, np.inf, -np.inf, -9999]), Temperature.KELVIN
    )
    assert (values[1], number, impossible) == (12, 4, 3)
    assert np.isnan(values[[0, 2, 3, 4]]).all()


def test_rain(weather: Weather) -> None:
    assert weather.rain(DAYS[0], DAYS[1]) == 3.5
    assert weather.rain(DAYS[0], DAYS[2]) is None  # 3 May is not known


def test_growing_degree_days(weather: Weather) -> None:
    # Means of 10 and 5 degrees: above a base of 6 there are 4 and none.
    assert weather.degree_days(DAYS[0], DAYS[1], base=6) == 4
    assert weather.degree_days(DAYS[0], DAYS[1], base=0) == 15
    assert weather.degree_days(DAYS[2], DAYS[2], base=0) is None


def test_columns_of_a_page(weather: Weather) -> None:
    assert weather.columns() == {
        "meteo_date": DAYS, "tmean": [10, None, 12], "tmin": [4, 2, 6], "tmax": [16, 8, None],
        "prec": [0, 3.5, 1],
    }  # fmt: skip
    assert weather.missing(DAYS[0], DAYS[2]) == [date(2018, 5, 3)]
