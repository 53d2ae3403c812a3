"""Answers around a marker: what keeps it from looking, what its silence may hide, its contract."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.errors import MarkerError
from dias_cbm.markers import options, registry
from dias_cbm.markers.answers import cards_of, check, left_open, optical_states
from dias_cbm.markers.event_values import texts
from dias_cbm.markers.events import Events, Reason, States, Status
from dias_cbm.markers.marker import Needs, Window
from dias_cbm.markers.presence import Presence
from dias_cbm.markers.series import Optical, ParcelSeries, day_number, no_coherence, no_radar
from dias_cbm.markers.writing import _numbers

NAN = float("nan")
DAYS = np.arange(0, 100, 10, dtype=np.int32)
WINDOW = Window(0, 100)


def series(
    ndvi: float = 0.6,
    clear: Any = 1.0,
    pixels: float = 50,
    snow: Any = 0.0,
    note: str = "",
    seen: bool = True,
) -> ParcelSeries:
    """One parcel with ten observations."""

    def row(value: Any) -> np.ndarray:
        return np.broadcast_to(np.asarray(value, np.float32), (1, 10)).copy()

    optical = Optical(
        DAYS, {"NDVI": row(ndvi)}, row(clear), row(pixels), row(snow),
        np.full((1, 10), int(seen), np.int32),
    )  # fmt: skip
    return ParcelSeries(
        "dk-2018", ["a"], np.array([1e4]), np.array(["grass"]), [{}], optical, no_radar(1),
        no_coherence(1), np.array([note]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("parcel", "reason"),
    [
        (series(), Reason.NONE),
        (
            series(note="vanishes_under_inner_buffer", seen=False),
            Reason.VANISHES_UNDER_INNER_BUFFER,
        ),
        (series(seen=False, pixels=NAN, clear=NAN), Reason.NO_STATISTICS),
        (series(pixels=7), Reason.TOO_SMALL),
        (series(pixels=8), Reason.NONE),
        (series(clear=[1] * 5 + [0.5] * 5), Reason.FEW_CLEAR),
        (series(clear=[1] * 6 + [0.5] * 4), Reason.NONE),
        (series(ndvi=0.05), Reason.FEW_CLEAR),
        (series(clear=0, snow=[0.9] * 6 + [0] * 4), Reason.SNOW),
        (series(clear=0, snow=[0.9] * 5 + [0] * 5), Reason.FEW_CLEAR),
    ],
)
def test_what_keeps_a_marker_from_looking(parcel: ParcelSeries, reason: Reason) -> None:
    states, looks = optical_states(parcel, WINDOW, {})
    assert Reason(int(states.reason[0])) is reason
    executed = Status.NOT_VALID if reason is Reason.NONE else Status.NOT_EXECUTED
    assert states.status.tolist() == [executed]
    assert states.observations[0] == looks.sum()


def test_options_and_the_window_count() -> None:
    parcel = series(clear=[0.8] * 5 + [1] * 5)
    states, _ = optical_states(parcel, WINDOW, {"minimum_clear": 0.8})
    assert (states.reason[0], states.observations[0]) == (Reason.NONE, 10)
    states, _ = optical_states(parcel, Window(50, 100), {"minimum_looks": 5})
    assert (states.reason[0], states.observations[0]) == (Reason.NONE, 5)
    states, _ = optical_states(parcel, Window(60, 100), {"minimum_looks": 5})
    assert (states.reason[0], states.observations[0]) == (Reason.FEW_CLEAR, 4)


def states(status: list[int], reason: list[int]) -> States:
    made = States.blank(len(status))
    return replace(made, status=np.array(status, np.int8), reason=np.array(reason, np.int8))


def test_silence_is_left_open() -> None:
    before = states(
        [Status.OK, Status.NOT_VALID, Status.NOT_EXECUTED, Status.NOT_EXECUTED, Status.NOT_VALID],
        [Reason.NONE, Reason.NONE, Reason.FEW_CLEAR, Reason.TOO_SMALL, Reason.HETEROGENEOUS],
    )

    def after(window: Window, missing: set[str]) -> list[Reason]:
        return [Reason(int(one)) for one in left_open(before, window, missing).reason]

    kept = [Reason.TOO_SMALL, Reason.HETEROGENEOUS]
    assert after(WINDOW, set()) == [Reason.NONE, Reason.NONE, Reason.FEW_CLEAR, *kept]
    assert after(WINDOW, {"s2"}) == [Reason.NONE, Reason.GAP_OPEN, Reason.GAP_OPEN, *kept]
    coming = [Reason.NONE, Reason.SEASON_NOT_OVER, Reason.SEASON_NOT_OVER, *kept]
    assert after(Window(0, 100, until=99), set()) == coming
    assert after(Window(0, 100, until=99), {"s2"})[1] is Reason.GAP_OPEN


def test_scenes_of_other_cards_do_not_matter() -> None:
    assert cards_of(Needs()) == set()
    assert cards_of(Needs(optical=frozenset(["NDVI"]))) == {"s2"}
    both = Needs(radar=frozenset(["VH"]), coherence=frozenset(["VV"]))
    assert cards_of(both) == {"bs", "c6", "c12"}


def event(**changes: Any) -> Events:
    one = np.array([1], np.int32)
    made = Events(
        parcel=np.array([0], np.int32), kind=np.array(["mowing"]), start=one, end=one + 2,
        best=one + 1, confidence=np.array([0.5], np.float32), before=one, after=one,
        evidence=np.empty((1, 0), np.int32),
    )  # fmt: skip
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("events", "fault"),
    [
        (event(parcel=np.array([1], np.int32)), "not in the block"),
        (event(best=np.array([4], np.int32)), "outside of its interval"),
        (event(confidence=np.array([NAN], np.float32)), "not between 0 and 1"),
        (event(confidence=np.array([1.1], np.float32)), "not between 0 and 1"),
        (event(evidence=np.array([1], np.int32)), "1 dimensions, not 2"),
        (event(values={"cuts": np.array([1, 2])}), "2 of cuts, not 1"),
        (event(kind=np.array(["two\nlines"])), "kind is not a word"),
    ],
)
def test_events_that_break_the_contract(events: Events, fault: str) -> None:
    check(Presence(), 1, States.blank(1), event())
    with pytest.raises(MarkerError, match=f"presence 2: breaks its contract: .*{fault}"):
        check(Presence(), 1, States.blank(1), events)


def test_presence_by_hand() -> None:
    parcel = series(ndvi=0.2)
    parcel.optical.values["NDVI"][0, 7] = 0.5
    found, events = Presence().run(parcel, WINDOW, {})
    assert (found.status[0], found.confidence[0]) == (Status.OK, 1)
    assert found.values["ndvi"].tolist() == [0.5]
    assert (events.best.tolist(), events.kind.tolist()) == ([70], ["vegetation"])
    found, events = Presence().run(parcel, Window(0, 70), {})
    assert (found.status[0], len(events)) == (Status.NOT_VALID, 0)
    found, _ = Presence().run(parcel, WINDOW, {"vegetated": 0.5})
    assert found.status[0] == Status.NOT_VALID


values = st.one_of(st.none(), st.floats(-1e6, 1e6, width=32), st.sampled_from([0.0, 0.35, 1e-9]))


@given(st.lists(values, max_size=8), st.data())
def test_values_of_events_as_json(numbers: list[float | None], data: st.DataObject) -> None:
    many = {"min_size": len(numbers), "max_size": len(numbers)}
    words = data.draw(st.lists(st.sampled_from(["", "wet", 'a "b"\n', "bæk"]), **many))
    flags = data.draw(st.lists(st.booleans(), **many))
    columns = {
        "drop": np.array([NAN if one is None else one for one in numbers], np.float32),
        "note": np.array(words, dtype="U8"),
        "provisional": np.array(flags, bool),
        "cuts": np.arange(len(numbers)),
    }
    for index, text in enumerate(texts(columns, len(numbers))):
        found = json.loads(text)
        assert found.pop("provisional") is flags[index]
        assert found.pop("cuts") == index
        assert found.pop("note", "") == words[index]
        if numbers[index] is None:
            assert found == {}
        else:
            assert found == {"drop": pytest.approx(numbers[index], rel=1e-5)}


@given(st.lists(st.integers(0, 5), max_size=20).map(sorted))
def test_events_are_numbered_within_their_parcel(parcels: list[int]) -> None:
    expected = [parcels[: index + 1].count(one) for index, one in enumerate(parcels)]
    assert _numbers(np.array(parcels, np.int32)).tolist() == expected


def test_options_of_a_marker() -> None:
    tables = {"presence": {"minimum_looks": 3, "vegetated": 0.5}}
    assert options.of("presence", tables) == {
        "minimum_clear": 0.9, "minimum_pixels": 8, "minimum_looks": 3, "statistic": "mean",
        "vegetated": 0.5,
    }  # fmt: skip
    assert options.of("other", tables)["minimum_looks"] == 6
    assert options.read(None) == {}
    assert "presence" in registry.names()
    assert day_number(date(1970, 1, 2)) == 1
