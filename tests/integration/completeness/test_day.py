"""Closing a day, and waiting for one, against the database."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import shapely

from dias_cbm.completeness.day import await_day, close_day
from dias_cbm.errors import ExtractionFailed
from dias_cbm.scenes import Cause, Kind

pytestmark = pytest.mark.integration

START = datetime(2018, 5, 1, tzinfo=UTC)
NOW = datetime(2018, 7, 10, tzinfo=UTC)
WEST = shapely.MultiPolygon([shapely.box(9.0, 56.0, 9.9, 57.0)])


def day(number: int) -> date:
    return (START + timedelta(days=number)).date()


def test_a_day_is_closed_with_its_numbers(radar: Callable[..., Any]) -> None:
    world = radar()
    world.fail(world.scene(Kind.CARD_BS, 8, "S1B", footprint=WEST), Cause.CORRUPT, "short")
    report = close_day(world.connection, world.season, "bs", day(8), NOW)
    assert report == {
        "season": "dk-2018",
        "card": "bs",
        "day": "2018-05-09",
        "scenes": {"extracted": 1, "failed": 1},
        "acquisitions": 1,
        "expected": 1,
        "found": 0,
        "new_gaps": 1,
        "recovered": 0,
        "open_by_cause": {"corrupt": 1},
    }
    assert [row[5] for row in world.gaps()] == ["corrupt"]


def test_closing_a_day_judges_that_day_only(radar: Callable[..., Any]) -> None:
    world = radar(lost=(8, 14))
    report = close_day(world.connection, world.season, "bs", day(14), NOW)
    assert (report["expected"], report["found"], report["new_gaps"]) == (1, 0, 1)
    assert [row[4] for row in world.gaps()] == [day(14)]


def test_closing_a_day_twice_changes_nothing(radar: Callable[..., Any]) -> None:
    world = radar(lost=(14,))
    close_day(world.connection, world.season, "bs", day(14), NOW)
    before = world.table()
    close_day(world.connection, world.season, "bs", day(14), NOW)
    assert world.table() == before
    assert len(world.table("observed_day")) == 1


def test_extracted_without_signatures_is_a_defect(radar: Callable[..., Any]) -> None:
    world = radar()
    world.connection.execute("delete from signature_block")
    with pytest.raises(ExtractionFailed, match="there are no signatures"):
        close_day(world.connection, world.season, "bs", day(8), NOW)


def test_a_day_waits_for_its_pass(radar: Callable[..., Any]) -> None:
    world = radar(lost=(20,))
    evening = START + timedelta(days=20, hours=20)
    found = await_day(world.connection, world.season, "bs", day(20), evening)
    assert not found.ready
    assert "CARD-BS of S1B orbit 44 over 32VNH" in found.reason
    assert found.deadline == START + timedelta(days=23)
    assert await_day(world.connection, world.season, "bs", day(20), found.deadline).ready
    world.scene(Kind.CARD_BS, 20, "S1B", footprint=WEST)
    assert await_day(world.connection, world.season, "bs", day(20), evening).ready


def test_a_day_without_pass_does_not_wait_once_a_cycle_is_known(radar: Callable[..., Any]) -> None:
    world = radar()
    noon = timedelta(hours=12)
    assert await_day(world.connection, world.season, "bs", day(21), START + 21 * 2 * noon).ready
    early = await_day(world.connection, world.season, "bs", day(5), START + 5 * 2 * noon)
    assert not early.ready
    assert "less than one repeat cycle" in early.reason
