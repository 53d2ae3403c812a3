"""Asking again: which gaps are due, what is asked for, and what comes of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import shapely

from dias_cbm import ledger
from dias_cbm.completeness import gaps, retries
from dias_cbm.errors import RateLimited, Unavailable
from dias_cbm.scenes import Card, Cause, Kind, Status

pytestmark = pytest.mark.integration

NOW = datetime(2018, 7, 10, tzinfo=UTC)
WEST = shapely.MultiPolygon([shapely.box(9.0, 56.0, 9.9, 57.0)])
HOUR = timedelta(hours=1)


class Platform:
    """A catalogue that lists some scenes when it is asked for their day."""

    def __init__(self, list_now: Callable[[], Any] = lambda: None, fails: bool = False) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.list_now = list_now
        self.fails = fails

    def sync(self, connection: Any, season: Any, kinds: Any, start: Any, end: Any) -> None:
        self.asked.append((tuple(kinds), start, end))
        if self.fails:
            raise Unavailable("no answer", subject="cdse")
        self.list_now()
        connection.commit()


@pytest.fixture
def gap_of_day_14(radar: Callable[..., Any]) -> Any:
    world = radar(lost=(14,))
    gaps.refresh(world.connection, world.season, NOW)
    return world


def test_a_gap_is_due_when_its_time_has_come(gap_of_day_14: Any) -> None:
    world = gap_of_day_14
    assert gaps.due(world.connection, world.season, now=NOW + 5 * HOUR) == []
    (due,) = gaps.due(world.connection, world.season, now=NOW + 6 * HOUR)
    assert (due.card, due.satellite, due.tile, due.attempts) == (Card.BS, "S1A", "32VNH", 0)
    assert gaps.due(world.connection, world.season, everything=True, now=NOW) == [due]


def test_each_check_doubles_the_wait(gap_of_day_14: Any) -> None:
    world = gap_of_day_14
    waits = []
    for _ in range(6):
        (gap,) = gaps.rows(world.connection, world.season)
        retries.checked(world.connection, [gap.id], NOW)
        (gap,) = gaps.rows(world.connection, world.season)
        waits.append((gap.next_check - NOW) / HOUR)
    assert waits == [12, 24, 48, 96, 168, 168]
    assert gap.attempts == 6


def test_a_closed_gap_is_not_due_and_not_checked(gap_of_day_14: Any) -> None:
    world = gap_of_day_14
    world.extracted(Kind.CARD_BS, 14, footprint=WEST)
    gaps.refresh(world.connection, world.season, NOW)
    before = world.table()
    retries.checked(world.connection, [before[0].id], NOW)
    assert world.table() == before
    assert gaps.due(world.connection, world.season, everything=True) == []


def test_the_day_of_a_gap_is_asked_for_and_its_scenes_are_handed_out(gap_of_day_14: Any) -> None:
    world = gap_of_day_14
    listed: list[int] = []
    platform = Platform(lambda: listed.append(world.scene(Kind.CARD_BS, 14, footprint=WEST)))
    due = retries.due(world.connection, world.season, everything=True)
    result = retries.recheck(world.connection, world.season, due, platform.sync, NOW)
    day = datetime(2018, 5, 15, tzinfo=UTC)
    assert platform.asked == [((Kind.S1_GRD, Kind.CARD_BS), day, day + timedelta(days=1))]
    assert result.scenes == listed
    assert result.asked == [due[0].id]
    (gap,) = gaps.rows(world.connection, world.season)
    assert (gap.attempts, gap.checked_at) == (1, NOW)


def test_a_day_is_asked_for_once_however_many_tiles_miss_it(world: Any) -> None:
    for number in (2, 26):
        world.extracted(Kind.CARD_BS, number)
    gaps.refresh(world.connection, world.season, NOW)
    platform = Platform()
    due = retries.due(world.connection, world.season, everything=True)
    result = retries.recheck(world.connection, world.season, due, platform.sync, NOW)
    assert (len(due), len(platform.asked), len(result.asked)) == (2, 1, 2)


def test_a_platform_that_does_not_answer_leaves_its_gaps_due(gap_of_day_14: Any) -> None:
    world = gap_of_day_14
    before = world.table()
    due = retries.due(world.connection, world.season, everything=True)
    result = retries.recheck(world.connection, world.season, due, Platform(fails=True).sync, NOW)
    assert result.asked == []
    assert list(result.unanswered) == [due[0].id]
    assert "no answer" in result.unanswered[due[0].id]
    assert world.table() == before


def test_a_failed_scene_is_opened_again(gap_of_day_14: Any) -> None:
    world = gap_of_day_14
    scene_id = world.scene(Kind.CARD_BS, 14, footprint=WEST)
    world.fail(scene_id, Cause.CORRUPT, "short file")
    gaps.refresh(world.connection, world.season, NOW)
    due = retries.due(world.connection, world.season, everything=True)
    result = retries.recheck(world.connection, world.season, due, Platform().sync, NOW)
    assert (result.reopened, result.scenes) == ([scene_id], [scene_id])
    assert ledger.get(world.connection, scene_id).status is Status.INGESTED
    again = retries.recheck(world.connection, world.season, due, Platform().sync, NOW)
    assert (again.reopened, again.scenes) == ([], [scene_id])


def test_a_scene_without_footprint_is_not_opened(gap_of_day_14: Any) -> None:
    world = gap_of_day_14
    world.scene(Kind.CARD_BS, 14, footprint=None)
    due = retries.due(world.connection, world.season, everything=True)
    assert retries.recheck(world.connection, world.season, due, Platform().sync, NOW).scenes == []


def test_a_product_that_failed_too_often_is_set_aside_and_said_so(gap_of_day_14: Any) -> None:
    world = gap_of_day_14
    scene_id = world.scene(Kind.CARD_BS, 14, footprint=WEST)
    world.fail(scene_id, Cause.CORRUPT, "short file")
    world.connection.execute("update dias_catalogue set attempts = 5 where id = %s", (scene_id,))
    gaps.refresh(world.connection, world.season, NOW)
    due = retries.due(world.connection, world.season, everything=True)
    result = retries.recheck(world.connection, world.season, due, Platform().sync, NOW)
    assert (result.set_aside, result.reopened, result.scenes) == ([scene_id], [], [])
    assert ledger.get(world.connection, scene_id).status is Status.FAILED
    (gap,) = gaps.rows(world.connection, world.season)
    assert "(tried 5 times); set aside: reopened only if" in gap.evidence
    assert gap.next_check == NOW + timedelta(days=7)


def test_a_platform_that_asks_for_patience_is_asked_nothing_more(
    radar: Callable[..., Any],
) -> None:
    world = radar(lost=(14, 20))
    gaps.refresh(world.connection, world.season, NOW)
    platform = Platform(lambda: (_ for _ in ()).throw(RateLimited("slow down", subject="cdse")))
    due = retries.due(world.connection, world.season, everything=True)
    result = retries.recheck(world.connection, world.season, due, platform.sync, NOW)
    assert (len(due), len(platform.asked), len(result.unanswered)) == (2, 1, 2)
    assert gaps.due(world.connection, world.season, everything=True) == due, "they stay due"
