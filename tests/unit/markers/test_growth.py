"""Harvest and emergence, worked by hand, and on real fields by crop."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from marker_series import YEAR, optical, parcels, worldcereal

from dias_cbm.markers.answers import check
from dias_cbm.markers.emergence import Emergence
from dias_cbm.markers.events import Events, Reason, States, Status
from dias_cbm.markers.growth import growth, narrowness, of_crops
from dias_cbm.markers.harvest import Harvest
from dias_cbm.markers.marker import Marker, Window
from dias_cbm.markers.sequence import Looks
from dias_cbm.markers.series import Coherence, ParcelSeries, Radar

NAN = float("nan")
#: Bare, up, ripe, harvested, stubble.
FIELD = [0.2, 0.2, 0.3, 0.5, 0.8, 0.8, 0.7, 0.3, 0.2]
DAYS = np.arange(0, 90, 10)


def run(marker: Marker, series: ParcelSeries, **options: Any) -> tuple[States, Events]:
    states, events = marker.run(series, YEAR, options)
    check(marker, len(series), states, events)
    return states, events


def field(*ndvi: list[float], **values: Any) -> ParcelSeries:
    return parcels(optical(DAYS[: len(ndvi[0])], NDVI=list(ndvi), **values))


def test_growth_by_hand() -> None:
    seen = field(FIELD).optical
    looks = Looks.of(seen, seen.looks())
    found = growth(looks, looks.value(seen, "NDVI"), YEAR)
    assert found.peak.tolist() == [5]
    assert found.top.tolist() == pytest.approx([(0.8 + 0.8 + 0.7) / 3])
    assert found.base.tolist() == pytest.approx([0.2])
    assert found.smooth[0, [0, 1, 8]].tolist() == pytest.approx([0.2, 0.7 / 3, 0.25])
    assert found.low.tolist() == pytest.approx([0.2])
    assert growth(looks, looks.value(seen, "NDVI"), Window(200, 300)).peak.tolist() == [-1]


def test_narrow_intervals_hide_less() -> None:
    days = np.array([0, 5, 28, 60, 90], np.int32)
    expected = [1, 1 - 5 / 28 * 5 / 60, 1 - 28 / 60, 0, 0]
    assert narrowness(days).tolist() == pytest.approx(expected)


def test_crops() -> None:
    crops = np.array(["Winter Wheat", "grass", "maize"])
    assert of_crops(crops, ["*wheat", "MAIZE"]).tolist() == [True, False, True]
    assert of_crops(crops, None).all()
    assert not of_crops(crops, []).any()


def test_harvested() -> None:
    states, events = run(Harvest(), field(FIELD))
    assert states.status.tolist() == [Status.OK]
    assert (events.start.tolist(), events.end.tolist()) == ([60], [70])
    assert (events.before.tolist(), events.after.tolist()) == ([7], [8])
    # Two votes of two, and one gap of 10 days in 60.
    assert events.confidence.tolist() == pytest.approx([0.5 + 0.5 * (1 - 10 / 28 * 10 / 60)])
    assert events.values["provisional"].tolist() == [False]


def test_a_fall_that_does_not_last_and_one_at_the_end() -> None:
    dip = [0.2, 0.2, 0.5, 0.8, 0.8, 0.3, 0.8, 0.7, 0.7]
    states, events = run(Harvest(), field(dip, [*FIELD[:8], NAN]))
    assert states.status.tolist() == [Status.NOT_VALID, Status.OK]
    assert events.values["provisional"].tolist() == [True]
    assert events.confidence[0] < 0.5


def test_two_crops_a_year() -> None:
    days = np.arange(0, 160, 10)
    ndvi = [0.2, 0.6, 0.8, 0.8, 0.8, 0.2, 0.2, 0.2, 0.5, 0.8, 0.8, 0.8, 0.3, 0.2, 0.2, 0.2]
    _, events = run(Harvest(), parcels(optical(days, NDVI=ndvi)))
    assert events.end.tolist() == [50, 120]


def test_never_green_and_never_falling() -> None:
    states, _ = run(Harvest(), field([0.3, 0.3, 0.34] + [0.2] * 6, [0.8] * 9))
    assert states.status.tolist() == [Status.NOT_VALID] * 2
    states, _ = run(Harvest(), field(FIELD), crops=["wheat"])
    assert states.reason.tolist() == [Reason.CROP_NOT_APPLICABLE]


def test_sentinel_1_confirms_or_not() -> None:
    days = np.arange(0, 96, 6, dtype=np.int32)
    n = len(days)
    falls = np.where(days < 65, 0.3, 0.2).astype(np.float32)[None]
    flat = np.full((1, n), 0.3, np.float32)
    ids = np.ones((1, n), np.int32)
    rises = np.where(days < 65, 0.3, 0.6).astype(np.float32)[None]

    def votes(vh: np.ndarray, coherence: np.ndarray) -> list[float]:
        vv = np.ones((1, n), np.float32)
        radar = Radar(days, days * 0, np.full(n, "A"), {"VV": vv, "VH": vh}, ids)
        pairs = Coherence(days - 6, days, {"VV": coherence}, ids)
        series = parcels(field(FIELD).optical, radar, pairs)
        values = run(Harvest(), series)[1].values
        return [float(values[name][0]) for name in ("ratio_changed", "coherence_rose")]

    assert votes(falls, rises) == [1, 1]
    assert votes(flat, flat) == [0, 0]
    assert votes(flat, flat + 0.5) == [0, 1]  # high all along


def test_emerged() -> None:
    states, events = run(Emergence(), field(FIELD))
    assert states.status.tolist() == [Status.OK]
    # The level is 0.2 + 0.2 * (0.767 - 0.2) = 0.313: between 0.3 on day 20 and 0.5 on day 30.
    assert (events.start.tolist(), events.end.tolist()) == ([20], [30])
    assert events.best.tolist() == [21]
    assert events.values["growing_looks"].tolist() == [6]
    assert np.isnan(events.values["uncertain_days"]).all()


def test_the_spread_of_pixels_makes_a_date_uncertain() -> None:
    series = field(FIELD, NDVI_p25=np.array(FIELD) - 0.05, NDVI_p75=np.array(FIELD) + 0.05)
    events = run(Emergence(), series)[1]
    assert events.values["uncertain_days"].tolist() == pytest.approx([0.1 / 0.02], rel=1e-4)


def test_green_from_the_start_or_never() -> None:
    states, _ = run(Emergence(), field([0.5, 0.6, 0.7, 0.8, 0.8, 0.8, 0.6, 0.5, 0.4], [0.2] * 9))
    assert states.status.tolist() == [Status.NOT_VALID] * 2


@pytest.mark.parametrize("marker", [Harvest(), Emergence()])
def test_without_looks(marker: Marker) -> None:
    states, events = run(marker, field([NAN] * 9, clear=0))
    assert states.reason.tolist() == [Reason.FEW_CLEAR]
    assert not len(events)


@pytest.mark.real_data
def test_dates_by_crop(real_data: Path) -> None:
    points = worldcereal(real_data)

    def day(month: int) -> int:
        return (date(2023, month, 1) - date(2022, 9, 1)).days

    def share(marker: Marker, code: str, first: int, last: int) -> float:
        _, events = marker.run(points, Window(day(1), day(12)), {})
        crop = points.crops == code
        inside = (events.best >= day(first)) & (events.best < day(last))
        seen = np.unique(events.parcel[crop[events.parcel] & inside])
        return float(len(seen) / crop.sum())

    wheat, maize = "1101010011", "1101060000"
    assert share(Harvest(), wheat, 6, 8) >= 0.9  # June and July
    assert share(Harvest(), maize, 9, 11) >= 0.65
    assert share(Emergence(), maize, 5, 7) >= 0.65
    assert share(Emergence(), wheat, 5, 7) <= 0.05
