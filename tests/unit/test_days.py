"""Days as moments."""

from datetime import UTC, date, datetime

from dias_cbm.days import day_bounds, midnight


def test_a_day_is_half_open_and_in_utc() -> None:
    assert midnight(date(2018, 5, 1)) == datetime(2018, 5, 1, tzinfo=UTC)
    assert day_bounds(date(2018, 2, 28)) == (
        datetime(2018, 2, 28, tzinfo=UTC),
        datetime(2018, 3, 1, tzinfo=UTC),
    )


def test_the_last_day_is_included() -> None:
    assert day_bounds(date(2018, 12, 30), date(2018, 12, 31)) == (
        datetime(2018, 12, 30, tzinfo=UTC),
        datetime(2019, 1, 1, tzinfo=UTC),
    )
