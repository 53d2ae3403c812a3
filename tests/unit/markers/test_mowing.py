"""Mowing by the rule: by hand, and what must hold for any series."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.markers import registry
from dias_cbm.markers.answers import cards_of, check
from dias_cbm.markers.events import Events, Reason, States, Status
from dias_cbm.markers.marker import Window
from dias_cbm.markers.mowing import GRADUAL, MOWING, Mowing, best_day
from dias_cbm.markers.mowing_odds import TABLE, probability
from dias_cbm.markers.mowing_rule import MowingOptions
from dias_cbm.markers.sequences import Sequences, strongest_apart
from dias_cbm.markers.series import (
    Coherence,
    Optical,
    ParcelSeries,
    day_number,
    no_coherence,
    no_radar,
)

MAY = day_number(date(2024, 5, 1))
WINDOW = Window(day_number(date(2024, 1, 1)), day_number(date(2025, 1, 1)))

Look = tuple[int, float, float]


def series(*parcels: list[Look], crops: str = "grass") -> ParcelSeries:
    """Parcels of looks: days since 1 May, NDVI, NDMI."""
    days = np.array(sorted({day for looks in parcels for day, _, _ in looks}), np.int32)
    ndvi, ndmi = np.full((2, len(parcels), len(days)), np.nan, np.float32)
    for row, looks in enumerate(parcels):
        for day, green, moist in looks:
            column = np.searchsorted(days, day)
            ndvi[row, column], ndmi[row, column] = green, moist
    seen = np.isfinite(ndvi)
    blank = np.where(seen, 1, np.nan).astype(np.float32)
    obsid = np.where(seen, 100 + np.arange(len(days)), 0).astype(np.int32)
    optical = Optical(days + MAY, {"NDVI": ndvi, "NDMI": ndmi}, blank, blank * 50, blank * 0, obsid)
    n = len(parcels)
    return ParcelSeries(
        "2024", [str(i) for i in range(n)], np.full(n, 1e4), np.full(n, crops), [{}] * n, optical,
        no_radar(n), no_coherence(n),
    )  # fmt: skip


def run(parcels: ParcelSeries, **options: object) -> tuple[States, Events]:
    states, events = Mowing().run(parcels, WINDOW, options)
    check(Mowing(), len(parcels), states, events)
    return states, events


def steady(*days: int) -> list[Look]:
    return [(day, 0.8, 0.4) for day in days]


CUT = [*steady(0, 5, 10), (18, 0.6, 0.1), (25, 0.7, 0.2), (30, 0.75, 0.3)]


def test_a_cut_by_hand() -> None:
    states, events = run(series(CUT))
    assert len(events) == 1
    assert events.kind.tolist() == [MOWING]
    assert (events.start - MAY).tolist() == [10]
    assert (events.end - MAY).tolist() == [18]
    assert (events.best - MAY).tolist() == [16]
    assert (events.before.tolist(), events.after.tolist()) == ([102], [103])
    # A fall of 0.3 in eight days.
    assert events.confidence.tolist() == [TABLE[2, 1]]
    assert events.values["ndmi_drop"] == pytest.approx([0.3])
    assert events.values["ndvi_drop"] == pytest.approx([0.2])
    assert events.values["provisional"].tolist() == [False]
    assert states.status.tolist() == [Status.OK]
    assert states.confidence.tolist() == [TABLE[2, 1]]
    assert states.values["cuts"].tolist() == [1]
    assert states.observations.tolist() == [6]


@pytest.mark.parametrize(
    ("looks", "cuts"),
    [
        # NDVI falls by less than 0.08.
        ([*steady(0, 5, 10), (15, 0.73, 0.2), (20, 0.73, 0.2), (25, 0.73, 0.2)], 0),
        # NDVI is back within two days: it was a cloud. 0.1 in five days is a meadow.
        ([*steady(0, 5, 10), (15, 0.6, 0.2), (17, 0.75, 0.4), (25, 0.75, 0.4)], 0),
        ([*steady(0, 5, 10), (15, 0.6, 0.2), (20, 0.7, 0.4), (25, 0.75, 0.4)], 1),
        # The larger of two drops within 15 days; both if they are further apart.
        ([*steady(0, 5), (10, 0.7, 0.2), (16, 0.5, 0.0), (24, 0.3, -0.3), (30, 0.3, -0.3)], 1),
        ([*steady(0, 5), (10, 0.7, 0.2), (16, 0.8, 0.4), (25, 0.6, 0.1), (30, 0.6, 0.1)], 2),
        # Lost slowly, in twelve days: 0.17 is no cut, 0.25 is one.
        ([*steady(0, 5, 10), (22, 0.7, 0.23), (27, 0.7, 0.23), (30, 0.7, 0.23)], 0),
        ([*steady(0, 5, 10), (22, 0.7, 0.15), (27, 0.7, 0.15), (30, 0.7, 0.15)], 1),
        # After October.
        ([(day + 160, green, moist) for day, green, moist in CUT], 1),
        ([(day + 175, green, moist) for day, green, moist in CUT], 0),
    ],
)
def test_what_counts_as_a_cut(looks: list[Look], cuts: int) -> None:
    states, events = run(series(looks), minimum_looks=1)
    assert (events.kind == MOWING).sum() == cuts
    assert states.status[0] == (Status.OK if cuts else Status.NOT_VALID)


def test_the_last_event_is_provisional() -> None:
    _, events = run(series([*steady(-10, -5, 0, 5, 10), (18, 0.6, 0.1)]))
    assert events.values["provisional"].tolist() == [True]


def test_grazing_is_told_apart_and_does_not_count() -> None:
    grazed = [(7 * i, 0.8 - 0.04 * i, 0.4 - 0.06 * i) for i in range(6)]
    states, events = run(series(grazed))
    assert events.kind.tolist() == [GRADUAL]
    assert (events.start[0] - MAY, events.end[0] - MAY) == (0, 35)
    assert events.values["ndmi_drop"] == pytest.approx([0.3])
    assert states.status.tolist() == [Status.NOT_VALID]
    assert states.values["cuts"].tolist() == [0]
    assert states.values["slow_losses"].tolist() == [1]


def test_every_parcel_is_answered() -> None:
    parcels = series(CUT, steady(0, 7, 14, 21, 28, 35, 42), CUT[:3], CUT)
    optical = parcels.optical
    optical.values["NDMI"][3] = np.nan
    parcels.crops[:] = ["grass", "grass", "grass", "grass"]
    states, _ = run(parcels)
    assert states.status.tolist() == [1, 2, 3, 3]
    assert states.reason.tolist() == [0, 0, Reason.FEW_CLEAR, Reason.FEW_CLEAR]
    assert np.isfinite(states.gap_confidence).all()
    assert states.gap_confidence[1] > 0
    states, events = run(series(CUT, crops="maize"), crops=["grass*"])
    assert states.reason.tolist() == [Reason.CROP_NOT_APPLICABLE]
    assert len(events) == 0


def test_a_season_without_the_bands_has_no_looks() -> None:
    parcels = series(CUT)
    bare = replace(parcels, optical=replace(parcels.optical, values={}))
    states, events = run(bare)
    assert states.status.tolist() == [Status.NOT_EXECUTED]
    assert len(events) == 0


def test_a_window_outside_of_the_season_of_growth() -> None:
    states, events = Mowing().run(series(CUT), Window(MAY - 120, MAY - 90), {})
    assert states.reason.tolist() == [Reason.FEW_CLEAR]
    assert len(events) == 0


def with_coherence(parcels: ParcelSeries, values: list[float], first: int) -> ParcelSeries:
    """Pairs of six days, the first of which begins so many days after 1 May."""
    begins = (MAY + first + 6 * np.arange(len(values))).astype(np.int32)
    pairs = Coherence(
        begins,
        begins + 6,
        {"VH": np.array([values], np.float32)},
        np.arange(1, len(values) + 1, dtype=np.int32)[None],
        np.full(len(values), 44, np.int32),
    )
    return replace(parcels, coherence=pairs)


FLAT = [0.2, 0.21, 0.2, 0.19, 0.2]


def test_coherence_narrows_a_long_interval() -> None:
    hidden = [*steady(-10, -5, 0), (30, 0.6, 0.1), (35, 0.6, 0.1), (40, 0.6, 0.1)]
    _, events = run(with_coherence(series(hidden), [*FLAT, 0.6, 0.5], -12))
    # The sixth pair begins on day 18; the cut lies between the acquisitions of 12 and 18.
    assert (events.start[0] - MAY, events.end[0] - MAY) == (12, 18)
    assert events.best[0] - MAY == 15
    assert events.evidence.tolist() == [[6]]
    assert events.values["narrowed"].tolist() == [True]
    assert events.confidence.tolist() == [TABLE[2, 3]]
    # Below three deviations, or with pairs that miss: as the looks have it.
    for pairs, first in (([*FLAT, 0.25], -12), ([*FLAT, 0.6], -36), (FLAT, -12)):
        _, events = run(with_coherence(series(hidden), pairs, first))
        assert (events.start[0] - MAY, events.end[0] - MAY) == (0, 30)
        assert not events.values["narrowed"].any()


def test_coherence_alone_shows_nothing() -> None:
    quiet = series(steady(0, 7, 14, 21, 28, 35))
    states, events = run(with_coherence(quiet, [*FLAT, 0.9, 0.9], -12))
    assert states.status.tolist() == [Status.NOT_VALID]
    assert len(events) == 0
    assert cards_of(Mowing().needs) == {"s2"}


def test_options_are_checked() -> None:
    assert MowingOptions.of({"apart": 20, "minimum_clear": 0.9}).apart == 20
    for wrong, match in (
        ({"aparts": 20}, "no option aparts"),
        ({"apart": 0}, "1 day or more"),
        ({"end_day": "31 October"}, "not a day"),
    ):
        with pytest.raises(ValueError, match=match):
            MowingOptions.of(wrong)


def test_a_part_of_the_year_may_reach_into_the_next() -> None:
    options = MowingOptions(first_day="10-01", end_day="03-01")
    days = [day_number(date(2024, month, 1)) for month in (1, 2, 3, 9, 10, 12)]
    assert options.active(np.array(days)).tolist() == [True, True, False, False, True, True]


def test_the_strongest_apart_by_hand() -> None:
    parcel = np.array([0, 0, 0, 0, 1])
    day = np.array([10, 20, 30, 45, 20])
    kept = strongest_apart(parcel, day, np.array([0.3, 0.4, 0.2, 0.1, 0.1]), 15)
    assert kept.tolist() == [False, True, False, True, True]


def test_probabilities_rise_with_the_drop_and_fall_with_the_interval() -> None:
    assert (np.diff(TABLE, axis=0) > 0).all()
    assert (np.diff(TABLE, axis=1) < 0).all()
    table = [[probability(np.array([d]), np.array([w]))[0] for w in (5, 10)] for d in (0.15, 0.2)]
    assert np.array_equal(table, TABLE[:2, :2])


def test_the_registry_knows_it() -> None:
    assert isinstance(registry.get("mowing"), Mowing)


parcels_of_looks = st.lists(
    st.lists(
        st.tuples(st.integers(-60, 240), st.floats(0, 1), st.floats(-0.5, 0.7)),
        min_size=1,
        max_size=25,
        unique_by=lambda look: look[0],
    ),
    min_size=1,
    max_size=4,
)


def as_rows(events: Events) -> list[tuple[object, ...]]:
    columns = (events.parcel, events.kind, events.start, events.end, events.best, events.confidence)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


@given(parcels_of_looks)
def test_cuts_lie_between_looks_and_apart(parcels: list[list[Look]]) -> None:
    states, events = run(series(*parcels))
    for parcel in range(len(parcels)):
        days = {day for day, green, _ in parcels[parcel] if np.float32(green) >= np.float32(0.1)}
        mine = events.select((events.parcel == parcel) & (events.kind == MOWING))
        assert {*(mine.start - MAY).tolist(), *(mine.end - MAY).tolist()} <= days
        assert (np.diff(mine.end) >= 15).all()
        assert (states.status[parcel] == Status.OK) == bool(len(mine))


@given(parcels_of_looks, st.randoms(use_true_random=False))
def test_the_order_of_parcels_does_not_matter(parcels: list[list[Look]], random: object) -> None:
    order = list(range(len(parcels)))
    random.shuffle(order)  # type: ignore[attr-defined]
    states, events = run(series(*parcels))
    other, shuffled = run(series(*(parcels[i] for i in order)))
    assert other.status.tolist() == states.status[order].tolist()
    place = np.array(order)
    back = replace(shuffled, parcel=place[shuffled.parcel].astype(np.int32))
    assert as_rows(back) == as_rows(events)


@given(parcels_of_looks, st.data())
def test_lost_observations_make_no_answer_surer(
    parcels: list[list[Look]], data: st.DataObject
) -> None:
    whole = series(*parcels)
    lost = data.draw(st.lists(st.integers(0, len(whole.optical.days) - 1), min_size=1, unique=True))
    clear = whole.optical.clear.copy()
    clear[:, lost] = np.nan
    part = replace(whole, optical=replace(whole.optical, clear=clear))
    before, _ = run(whole)
    after, events = run(part)
    assert (after.gap_confidence <= before.gap_confidence + 1e-6).all()
    assert (after.longest_gap >= before.longest_gap).all()
    executed = after.status != Status.NOT_EXECUTED
    assert (before.status[executed] != Status.NOT_EXECUTED).all()
    gone = set(whole.optical.days[lost].tolist())
    assert not gone & {*events.start.tolist(), *events.end.tolist()}


def test_nothing_to_look_at() -> None:
    looks = Sequences.of(np.empty(0, np.int32), np.empty((3, 0), bool))
    assert len(looks) == 0
    assert looks.since(np.empty(0)).shape == looks.until_next(np.empty(0)).shape == (0,)


def test_the_best_day_is_a_quarter_of_the_interval_before_its_end() -> None:
    start = np.zeros(7, np.int32)
    end = np.array([0, 1, 3, 5, 8, 16, 60], np.int32)
    assert (end - best_day(start, end)).tolist() == [0, 0, 1, 1, 2, 4, 4]
