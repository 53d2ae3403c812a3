"""Whether a day's run waits longer."""

from datetime import UTC, datetime, timedelta

from dias_cbm.completeness.day import Awaited, awaited
from dias_cbm.completeness.expected import ExpectedPass
from dias_cbm.completeness.scene_tiles import Sighting, Sightings
from dias_cbm.scenes import Card, Cause, Kind, Status

AT = datetime(2018, 6, 3, 17, 2, tzinfo=UTC)
DEADLINE = datetime(2018, 6, 6, tzinfo=UTC)
EARLY = DEADLINE - timedelta(hours=1)
PASS = ExpectedPass(Card.BS, "S1A", 44, "A", "32VNH", AT)


def wait(
    *rows: Sighting,
    expected: tuple[ExpectedPass, ...] = (PASS,),
    now: datetime = EARLY,
    **more: bool,
) -> Awaited:
    learnt = more.get("learnt", True)
    return awaited(expected, Sightings([*rows]), learnt=learnt, deadline=DEADLINE, now=now)


def listed(kind: Kind = Kind.CARD_BS, **more: object) -> Sighting:
    return Sighting(1, kind, "S1A", 44, AT + timedelta(seconds=3), "32VNH", card=kind.card, **more)


def test_waits_for_what_is_expected() -> None:
    found = wait()
    assert not found.ready
    assert found.reason == (
        "1 of 1 expected passes over tiles are not listed, first CARD-BS of S1A orbit 44 over 32VNH"
    )


def test_level_1_is_not_what_is_waited_for() -> None:
    assert not wait(listed(Kind.S1_GRD)).ready


def test_goes_on_when_all_is_listed_in_whatever_state() -> None:
    assert wait(listed()).ready
    assert wait(listed(status=Status.FAILED, cause=Cause.CORRUPT, reason="short")).ready


def test_another_satellite_or_tile_does_not_count() -> None:
    other = ExpectedPass(Card.BS, "S1B", 44, "A", "32VNH", AT)
    assert not wait(listed(), expected=(PASS, other)).ready


def test_never_waits_beyond_the_deadline() -> None:
    found = wait(now=DEADLINE)
    assert found.ready
    assert found.reason.startswith("the deadline has passed; 1 of 1")


def test_goes_on_when_nothing_is_expected() -> None:
    assert wait(expected=()).ready


def test_before_a_whole_cycle_was_seen_the_deadline_is_waited_for() -> None:
    assert not wait(expected=(), learnt=False).ready
    assert not wait(listed(), learnt=False).ready
    assert wait(expected=(), learnt=False, now=DEADLINE).ready
