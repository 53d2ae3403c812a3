"""Why there is no image, in words, tested literally."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from dias_cbm.chips.looks import Held, Look
from dias_cbm.follow_up.words import event_in_words, span_in_words, why_none
from dias_cbm.markers.vocabulary import VOCABULARY
from dias_cbm.scenes import Kind

FIRST, LAST = date(2018, 5, 3), date(2018, 6, 20)


def look(day: int, share: float | None, held: Held = Held.HELD, kind: Kind = Kind.S2_L2A) -> Look:
    card = kind.card
    assert card is not None
    why = None if held is Held.HELD else "deleted, known since 2018-08-01 (obsolete)"
    at = datetime(2018, 5, day, 10, 30, tzinfo=UTC)
    return Look(
        day, card, kind, at, "S2A", 108, "D", None, f"p{day}", 9, share, None, held, why, "local",
        "/x", None, "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        ([], "no pass of Sentinel-2 has statistics of the parcel"),
        ([look(5, None, kind=Kind.CARD_BS), look(1, 1.0)],
         "no pass of Sentinel-2 has statistics of the parcel"),
        ([look(day, 0.2) for day in range(4, 11)], "7 passes, all cloudy"),
        ([look(5, 0.0)], "1 pass, cloudy"),
        ([look(5, None)], "1 pass, cloudy"),
        ([look(5, 0.0), look(9, 0.95, Held.DELETED), look(12, 1.0, Held.DELETED)],
         "3 passes, 1 cloudy; 2 clear, their products were deleted after extraction"
         " (deleted, known since 2018-08-01 (obsolete))"),
        ([look(9, 1.0, Held.OFFLINE), look(12, 1.0, Held.STATISTICS_ONLY)],
         "2 passes, 1 clear, in a slow archive; 1 clear, of which only statistics are here"),
    ],
)  # fmt: skip
def test_the_reason(looks: list[Look], told: str) -> None:
    assert why_none(looks, FIRST, LAST) == f"no clear image between 3 May and 20 June: {told}"


def test_no_reason_is_needed_for_what_can_be_shown() -> None:
    assert why_none([look(9, 0.2), look(9, 0.9)], FIRST, LAST) is None
    assert why_none([look(3, 1.0)], date(2018, 5, 3), date(2018, 5, 3)) is None


def test_days_of_two_years() -> None:
    words = span_in_words(date(2018, 11, 1), date(2019, 2, 15))
    assert words == "1 November 2018 and 15 February 2019"


def test_events_that_are_no_happenings_are_said_in_words() -> None:
    kinds = frozenset().union(*(one.kinds for one in VOCABULARY.values()))
    assert event_in_words("unbroken") == "the time surely without mowing"
    assert event_in_words("catch_crop") == "catch crop"
    # None that this library makes is left out, or is not made any more.
    happen = {"mowing", "grazing_or_gradual", "harvest", "ploughing", "emergence", "conversion",
              "bare_soil", "catch_crop"}  # fmt: skip
    assert {kind for kind in kinds if event_in_words(kind) == kind.replace("_", " ")} == happen
