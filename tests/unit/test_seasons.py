"""Periods of a season."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon

from dias_cbm.seasons import Season

AREA = MultiPolygon([shapely.box(8, 54, 13, 58)])
SEASON = Season(
    id=1,
    name="dk-2018",
    outline=shapely.to_wkb(AREA),
    bounds=(8, 54, 13, 58),
    srid=25832,
    epoch=date(2018, 1, 1),
    starts=date(2018, 1, 1),
    ends=date(2018, 12, 31),
    step_days=5,
)


@pytest.mark.parametrize(
    ("day", "period"),
    [
        (date(2018, 1, 1), 0),
        (date(2018, 1, 5), 0),
        (date(2018, 1, 6), 1),
        (date(2018, 2, 25), 11),
        (date(2018, 3, 1), 11),
        (date(2018, 9, 28), 54),
        (date(2018, 10, 31), 60),
        (date(2018, 12, 31), 72),
        (date(2017, 12, 31), -1),
    ],
)
def test_periods_of_a_calendar_year(day: date, period: int) -> None:
    assert SEASON.period(day) == period


def test_its_area_is_that_of_the_outline() -> None:
    assert SEASON.area.equals(AREA)


def test_a_window_excludes_its_end() -> None:
    assert SEASON.window(11) == (date(2018, 2, 25), date(2018, 3, 2))


@given(st.dates(date(2000, 1, 1), date(2050, 1, 1)))
def test_a_day_lies_in_the_window_of_its_period_only(day: date) -> None:
    period = SEASON.period(day)
    first, after = SEASON.window(period)
    assert first <= day < after
    assert SEASON.window(period + 1)[0] == after
    assert after - first == timedelta(days=5)
