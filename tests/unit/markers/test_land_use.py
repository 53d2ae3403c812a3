"""Grassland converted, fallow, and use other than agriculture, worked by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from marker_series import mowing_plots, optical, parcels, told

from dias_cbm.markers.answers import check
from dias_cbm.markers.events import Events, Reason, States, Status
from dias_cbm.markers.fallow import Fallow
from dias_cbm.markers.grassland import GrasslandConversion, in_months
from dias_cbm.markers.marker import Marker, Window
from dias_cbm.markers.other_use import OtherUse
from dias_cbm.markers.series import ParcelSeries, Radar

NAN = float("nan")
#: From 10 April 1970, each five days.
DAYS = np.arange(99, 199, 5)
WINDOW = Window(99, 199)
N = len(DAYS)


def run(
    marker: Marker, series: ParcelSeries, window: Window = WINDOW, **options: Any
) -> tuple[States, Events]:
    states, events = marker.run(series, window, options)
    check(marker, len(series), states, events)
    return states, events


def meadow(bare: slice, days: Any = DAYS, clear: Any = 1, **options: Any) -> ParcelSeries:
    ndvi, bsi = np.full(N, 0.7), np.full(N, -0.2)
    ndvi[bare], bsi[bare] = 0.15, 0.1
    return parcels(optical(days, clear, NDVI=ndvi, BSI=bsi), **options)


def test_months() -> None:
    days = np.array([0, 58, 59, 303, 304, 365 + 59], np.int32)
    assert in_months(days, (3, 10)).tolist() == [False, False, True, True, False, True]


def test_ploughed_grassland() -> None:
    states, events = run(GrasslandConversion(), meadow(slice(5, 9)))
    assert states.status.tolist() == [Status.OK]
    events = told(events)
    assert events.kind.tolist() == ["conversion"]
    assert (events.start.tolist(), events.end.tolist()) == ([119], [124])
    assert events.values["ploughed"].tolist() == [True]
    # 19 gaps of 5 days, and one at the end that hides all of its 5.
    assert states.gap_confidence[0] == pytest.approx(1 - (95 * 5 / 14 + 5) / 100)


def test_bare_from_the_start_counts_from_ten_days_on() -> None:
    _, events = run(GrasslandConversion(), meadow(slice(0, 3)))
    events = told(events)
    assert events.values["ploughed"].tolist() == [False]
    assert events.values["days"].tolist() == [10]
    states, _ = run(GrasslandConversion(), meadow(slice(0, 2)))
    assert states.status.tolist() == [Status.NOT_VALID]


def test_winter_and_other_crops_do_not_count() -> None:
    winter = meadow(slice(5, 9), DAYS + 220)
    states, _ = run(GrasslandConversion(), winter, Window(319, 419))
    assert states.status.tolist() == [Status.NOT_VALID]
    states, _ = run(GrasslandConversion(), meadow(slice(5, 9), crops="maize"), crops=["grass*"])
    assert states.reason.tolist() == [Reason.CROP_NOT_APPLICABLE]


def test_soil_between_wide_gaps_stays_open() -> None:
    clear = np.zeros(N)
    clear[[0, 5, 6, 7, 8, 19]] = 1
    states, events = run(GrasslandConversion(), meadow(slice(5, 9), clear=clear))
    assert states.reason.tolist() == [Reason.GAP_IN_WINDOW]
    assert not len(events)


CROP = np.interp(np.arange(N), [0, 8, 12, 14, N - 1], [0.2, 0.8, 0.8, 0.2, 0.2])


def test_fallow_black_green_and_harvested() -> None:
    series = parcels(optical(DAYS, NDVI=[np.full(N, 0.2), np.full(N, 0.6), CROP]))
    states, events = run(Fallow(), series)
    assert states.status.tolist() == [Status.OK, Status.OK, Status.NOT_VALID]
    assert states.confidence.tolist() == pytest.approx([0.9, 0.6, np.nan], nan_ok=True)
    assert states.values["highest"].tolist() == pytest.approx([0.2, 0.6, 0.8])
    assert told(events).parcel.tolist() == [2]


def test_fallow_is_open_where_a_gap_may_hide_a_harvest() -> None:
    clear = np.ones(N)
    clear[6:] = 0
    states, _ = run(Fallow(), parcels(optical(DAYS, clear, NDVI=CROP)))
    assert states.reason.tolist() == [Reason.GAP_IN_WINDOW]
    clear = (np.arange(N) <= 13) * 1.0
    states, _ = run(Fallow(), parcels(optical(DAYS, clear, NDVI=CROP)), Window(99, 170))
    assert states.reason.tolist() == [Reason.GAP_IN_WINDOW]  # no look confirms the fall


def radar(*vv: float) -> Radar:
    values = np.repeat(np.float32(vv)[:, None], 4, axis=1)
    days = np.array([100, 120, 140, 160], np.int32)
    return Radar(days, days * 0, np.full(4, "A"), {"VV": values}, np.ones(values.shape, np.int32))


def test_other_use() -> None:
    kinds = {
        "NDVI": [[-0.2] * N, [0.2] * N, [0.8] * N, [0.2] * N, CROP],
        "NDWI": [[0.4] * N, [-0.2] * N, [-0.7] * N, [-0.2] * N, [-0.4] * N],
        "NDMI": [[0] * N, [0] * N, [0.4] * N, [0] * N, [0.4] * N],
    }
    seen = optical(DAYS, **kinds)
    states, _ = run(OtherUse(), parcels(seen, radar(0.01, 0.4, 0.15, 0.1, 0.1)))
    # The fourth is a bare field: it reflects like one.
    assert states.status.tolist() == [Status.OK] * 3 + [Status.NOT_VALID] * 2
    assert {use: counts.tolist() for use, counts in states.values.items()} == {
        "water": [2, 0, 0, 0, 0],
        "built": [0, 2, 0, 1, 0],
        "forest": [0, 0, 2, 0, 0],
    }
    states, _ = run(OtherUse(), parcels(seen))
    assert [Reason(one) for one in states.reason.tolist()] == [
        Reason.NO_S1, Reason.NO_S1, Reason.NONE, Reason.NO_S1, Reason.NONE,
    ]  # fmt: skip


def test_gaps_may_hide_that_something_grew() -> None:
    clear = (np.arange(N) < 6) * 1.0
    series = parcels(optical(DAYS, clear, NDVI=0.2, NDWI=-0.2, NDMI=0), radar(0.4))
    states, _ = run(OtherUse(), series)
    assert states.reason.tolist() == [Reason.GAP_IN_WINDOW]


@pytest.mark.parametrize("marker", [GrasslandConversion(), Fallow(), OtherUse()])
def test_without_looks(marker: Marker) -> None:
    cloudy = optical(DAYS, 0, NDVI=NAN, BSI=NAN, NDWI=NAN, NDMI=NAN)
    states, events = run(marker, parcels(cloudy))
    assert states.reason.tolist() == [Reason.FEW_CLEAR]
    assert not len(events)


@pytest.mark.real_data
def test_real_meadows_are_neither_converted_nor_built_on(real_data: Path) -> None:
    meadows = mowing_plots(real_data)
    for marker in (GrasslandConversion(), OtherUse()):
        states, _ = run(marker, meadows, Window(59, 304))
        assert (states.status == Status.OK).mean() <= 0.018
