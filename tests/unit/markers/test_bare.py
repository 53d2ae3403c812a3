"""Bare soil and ploughing, worked by hand, and on real meadows and fields."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marker_series import YEAR, mowing_plots, optical, parcels, told, worldcereal

from dias_cbm.markers.answers import check
from dias_cbm.markers.bare import BareSoil, bare_probability
from dias_cbm.markers.events import Events, Reason, States, Status
from dias_cbm.markers.marker import Marker, Window
from dias_cbm.markers.ploughing import Ploughing
from dias_cbm.markers.sequence import Looks
from dias_cbm.markers.series import Coherence, ParcelSeries, Radar
from dias_cbm.markers.witness import spells

DAYS = np.arange(0, 80, 10)
NAN = float("nan")


def run(marker: Marker, series: ParcelSeries, window: Window = YEAR) -> tuple[States, Events]:
    states, events = marker.run(series, window, {"minimum_looks": 3})
    check(marker, len(series), states, events)
    return states, events


@pytest.mark.parametrize(
    ("ndvi", "bsi", "ndti", "likely"),
    [
        (0.15, 0.1, None, 0.9),
        (0.2, 0.1, None, 0.9),
        (0.25, 0.1, None, 0.7),
        (0.3, 0.1, None, 0.5),
        (0.36, 0.1, None, 0),
        (0.15, 0.04, None, 0.5),
        (0.15, -0.01, None, 0),
        (0.15, 0.1, 0.05, 0.9),
        (0.15, 0.1, 0.15, 0.45),
        (0.15, 0.1, 0.2, 0),
        (0.15, 0.1, NAN, 0.9),
        (0.15, NAN, None, NAN),
    ],
)
def test_probability(ndvi: float, bsi: float, ndti: float | None, likely: float) -> None:
    found = bare_probability(
        np.float32([ndvi]), np.float32([bsi]), None if ndti is None else np.float32([ndti])
    )
    assert found.tolist() == pytest.approx([likely], abs=1e-6, nan_ok=True)


def field(ndvi: list[float], bsi: list[float], **values: list[float]) -> ParcelSeries:
    return parcels(optical(DAYS[: len(ndvi)], NDVI=ndvi, BSI=bsi, **values))


def test_a_bare_run_and_its_days() -> None:
    states, events = run(
        BareSoil(),
        field([0.7, 0.6, 0.15, 0.24, 0.5, 0.15, 0.6], [-0.2, -0.1, 0.1, 0.1, -0.1, 0.1, -0.1]),
    )
    assert states.status.tolist() == [Status.OK]
    events = told(events)
    assert (events.start.tolist(), events.end.tolist()) == ([10], [20])
    assert (events.before.tolist(), events.after.tolist()) == ([2], [3])
    values = {name: column.tolist() for name, column in events.values.items()}
    assert values == {
        "bare_until": [30],
        "covered_from": [40],
        "days": [10],
        "looks": [2],
        "radar": [False],
        "witnessed": [False],
    }
    assert states.values["bare_days"].tolist() == [10]
    assert states.values["bare_looks"].tolist() == [3]


def test_dormant_grass_is_not_bare() -> None:
    states, events = run(BareSoil(), field([0.24, 0.22, 0.23, 0.24], [0.2] * 4))
    assert states.status.tolist() == [Status.NOT_VALID]
    assert not len(events)


def test_snow_and_water_are_not_bare() -> None:
    bare = {"NDVI": 0.1, "BSI": 0.1}
    assert len(told(run(BareSoil(), parcels(optical(DAYS, **bare)))[1])) == 1
    assert not len(run(BareSoil(), parcels(optical(DAYS, snow=0.2, **bare)))[1])
    assert not len(run(BareSoil(), parcels(optical(DAYS, NDWI=0.1, **bare)))[1])


def test_one_look_counts_where_the_radar_agrees() -> None:
    series = field([0.7, 0.6, 0.15, 0.6], [-0.2, -0.1, 0.1, -0.1])
    assert not len(run(BareSoil(), series)[1])

    def radar(day: int, vh: float) -> Radar:
        values = {"VV": np.float32([[0.072]]), "VH": np.float32([[vh]])}
        one = np.array([day], np.int32)
        return Radar(one, one, np.array(["A"]), values, one[None])

    for day, vh, found in ((25, 0.012, 1), (27, 0.012, 0), (25, 0.014, 0)):
        events = run(BareSoil(), parcels(series.optical, radar(day, vh)))[1]
        assert len(events) == found
        assert all(events.values.get("radar", [True]))


def test_only_the_window_counts() -> None:
    series = field([0.15, 0.15, 0.6, 0.6, 0.6, 0.6], [0.1, 0.1, -0.1, -0.1, -0.1, -0.1])
    assert run(BareSoil(), series, Window(0, 60))[0].status.tolist() == [Status.OK]
    assert run(BareSoil(), series, Window(10, 60))[0].status.tolist() == [Status.NOT_VALID]


def test_ploughed() -> None:
    states, events = run(Ploughing(), field([0.7, 0.6, 0.15, 0.14, 0.5], [-0.2, -0.1, 0.1, 0.1, 0]))
    assert states.status.tolist() == [Status.OK]
    events = told(events)
    assert (events.start.tolist(), events.end.tolist()) == ([10], [20])
    assert events.values["confirmed"].tolist() == [True]
    assert events.values["provisional"].tolist() == [False]
    assert events.confidence.tolist() == pytest.approx([0.9])


@pytest.mark.parametrize(
    ("ndvi", "bsi"),
    [
        ([0.7, 0.6, 0.15, 0.6, 0.6], [-0.2, -0.1, 0.1, -0.1, -0.1]),  # one look, then green again
        ([0.7, 0.3, 0.22, 0.15, 0.6], [-0.2, 0.1, 0.1, 0.1, -0.1]),  # withers slowly
        ([0.7, 0.6, NAN, NAN, 0.15], [-0.2, -0.1, NAN, NAN, 0.1]),  # 30 days apart
    ],
)
def test_not_ploughed(ndvi: list[float], bsi: list[float]) -> None:
    series = field(ndvi, bsi)
    series.optical.clear[np.isnan(series.optical.values["NDVI"])] = 0
    states, events = run(Ploughing(), series)
    assert states.status.tolist() == [Status.NOT_VALID]
    assert not len(events)


def test_the_last_look_is_provisional_and_stubble_is_told_by_ndti() -> None:
    bare = field([0.7, 0.2, 0.2, 0.15], [-0.2, 0.1, 0.1, 0.1], NDTI=[0.4, 0.3, 0.3, 0.05])
    events = run(Ploughing(), bare)[1]
    assert (events.start.tolist(), events.end.tolist()) == ([20], [30])
    assert events.values["stubble"].tolist() == [True]
    assert events.values["provisional"].tolist() == [True]
    assert events.confidence.tolist() == pytest.approx([0.6])


def test_coherence_is_a_witness() -> None:
    series = field([0.7, 0.6, 0.15, 0.14, 0.5], [-0.2, -0.1, 0.1, 0.1, 0])
    first = np.arange(0, 42, 6, dtype=np.int32)
    for values, low in (
        ([0.5, 0.5, 0.1, 0.6, 0.6, 0.6, 0.6], True),
        ([0.5, 0.5, 0.5, 0.6, 0.1, 0.2, 0.6], False),
    ):
        pairs = Coherence(first, first + 6, {"VV": np.float32([values])}, np.ones((1, 7), np.int32))
        events = run(Ploughing(), parcels(series.optical, coherence=pairs))[1]
        assert events.values["coherence_low"].tolist() == [low]


@pytest.mark.parametrize("marker", [BareSoil(), Ploughing()])
def test_without_looks_or_values_nothing_is_seen(marker: Marker) -> None:
    states, events = run(marker, parcels(optical(DAYS, clear=0, NDVI=0.5)))
    assert states.reason.tolist() == [Reason.NO_STATISTICS]
    states, events = run(marker, parcels(optical(DAYS, NDVI=0.1, BSI=NAN)))
    assert states.reason.tolist() == [Reason.FEW_CLEAR]
    assert not len(events)


@pytest.mark.real_data
def test_false_bare_soil_on_real_meadows(real_data: Path) -> None:
    for bands, most in (((), 0.018), (("B12",), 0.01)):
        meadows = mowing_plots(real_data, bands)
        states, _ = run(BareSoil(), meadows, Window(90, 304))
        looks = states.observations.sum()
        assert (states.status == Status.OK).mean() <= most
        assert np.nansum(states.values["bare_looks"]) / looks <= 0.006
        ploughed, _ = run(Ploughing(), meadows, Window(90, 304))
        assert (ploughed.status == Status.OK).mean() <= 0.02


@pytest.mark.real_data
def test_maize_is_bare_in_spring_and_wheat_is_not(real_data: Path) -> None:
    points = worldcereal(real_data)
    states, _ = run(BareSoil(), points, Window(212, 272))  # April and May
    bare = states.status == Status.OK
    maize, wheat = (points.crops == code for code in ("1101060000", "1101010011"))
    assert (maize.sum(), wheat.sum()) == (83, 55)
    assert bare[maize].mean() >= 0.25
    assert not bare[wheat].any()


@pytest.mark.real_data
def test_fewer_looks_never_make_soil_of_a_real_meadow(real_data: Path) -> None:
    meadows = mowing_plots(real_data)
    rng = np.random.default_rng(1)
    for marker in (BareSoil(), Ploughing()):
        every, _ = run(marker, meadows, Window(59, 304))
        for lost in (0.3, 0.6):
            clear = np.where(rng.random(meadows.optical.clear.shape) < lost, 0, 1)
            seen = replace(meadows.optical, clear=clear.astype(np.float32))
            fewer, _ = run(marker, replace(meadows, optical=seen), Window(59, 304))
            assert not ((fewer.status == Status.OK) & (every.status != Status.OK)).any()


@given(
    days=st.lists(st.integers(0, 120), min_size=2, max_size=60, unique=True),
    lost=st.sets(st.integers(0, 120)),
)
def test_a_look_more_takes_no_spell_out_of_a_window(days: list[int], lost: set[int]) -> None:
    """Each spell that fewer looks show holds one that all looks show, and they are few."""

    def shown(seen: list[int]) -> list[tuple[int, int]]:
        if not seen:
            return []
        looks = Looks.of(
            optical(sorted(seen), NDVI=[0.1] * len(seen)), np.ones((1, len(seen)), bool)
        )
        found = spells(looks, "bare_soil", looks.there, (5, 20)).sort()
        return list(zip(found.start.tolist(), found.end.tolist(), strict=True))

    every, fewer = shown(days), shown([day for day in days if day not in lost])
    assert len(every) <= 2 + (max(days) - min(days)) / 5
    assert all(any(a <= c and d <= b for c, d in every) for a, b in fewer)
    assert not any(
        one != other and one[0] <= other[0] and other[1] <= one[1]
        for one in every for other in every
    )  # fmt: skip
