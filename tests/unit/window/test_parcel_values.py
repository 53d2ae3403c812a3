"""Values of a parcel's page: decibels, clear shares, indices, rows for what is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from dias_cbm.seasons import Season
from dias_cbm.window.data import parcel_observations, parcel_windows
from dias_cbm.window.data.parcel_units import clear_classes, clear_share, decibels, indices, unit

SEASON = Season(
    1, "s", b"", (8, 54, 13, 58), 25832, date(2018, 1, 1), date(2018, 1, 1), date(2018, 1, 20), 5
)


def record(band: str, mean: float | None, obsid: int = 1, **more: Any) -> SimpleNamespace:
    values = {
        "card": "s2", "direction": "D", "rel_orbit": 8, "satellite": "S2A", "product": "x",
        "rule": "centre", "pixels": 9, "p25": None, "p75": None,
        "obstime": datetime(2018, 1, obsid, tzinfo=UTC),
    }  # fmt: skip
    return SimpleNamespace(band=band, mean=mean, obsid=obsid, **{**values, **more})


@pytest.mark.parametrize(
    ("card", "value", "expected"),
    [("bs", 0.1, -10.0), ("bs", 0.0, None), ("bs", -0.01, None), ("bs", None, None),
     ("c6", 0.5, None), ("s2", 0.5, None)],
)  # fmt: skip
def test_only_backscatter_above_zero_has_decibels(
    card: str, value: float | None, expected: float | None
) -> None:
    assert decibels(card, value) == (None if expected is None else pytest.approx(expected))


def test_pixels_without_a_class_are_neither_clear_nor_clouded() -> None:
    clear = clear_classes()
    assert clear_share({"0": 90, "4": 6, "9": 2}, clear) == 0.75
    assert clear_share({"0": 90}, clear) is None
    assert clear_share({}, clear) is None


def test_an_index_needs_its_bands_and_leaves_a_stored_one_alone() -> None:
    found = indices({1: {"B08": 0.3, "B04": 0.1}, 2: {"B08": 0.3}, 3: {"B08": 0, "B04": 0}})
    assert found[1] == {"NDVI": pytest.approx(0.5)}
    assert found[2] == {"NDVI": None}
    assert found[3] == {"NDVI": None}
    assert indices({1: {"B08": 0.3, "B04": 0.1, "NDVI": 0.9}}) == {1: {}}
    assert indices({}) == {}
    assert (unit("s2", "NDVI"), unit("s2", "B04"), unit("bs", None)) == (
        "index", "reflectance", "gamma0, linear",
    )  # fmt: skip


def test_a_missing_pass_is_a_row_in_every_series_of_its_direction() -> None:
    seen = [
        record("VV", 1.0, 1, card="bs", direction="A"),
        record("VH", 1.0, 1, card="bs", direction="A"),
        record("VV", 1.0, 3, card="bs", direction="D"),
    ]
    gap = {
        "time": datetime(2018, 1, 2, tzinfo=UTC), "card": "bs", "direction": "A", "obsid": None,
        "cause": "corrupt", "gap": 7,
    }  # fmt: skip
    rows = parcel_observations.rows(seen, [gap, {**gap, "card": "c6"}], {})
    told = [(row["card"], row["band"], row["direction"]) for row in rows if row["cause"]]
    assert told == [("bs", "VH", "A"), ("bs", "VV", "A"), ("c6", None, "A")]
    assert all(set(row) == set(parcel_observations.COLUMNS) for row in rows)
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)


def test_an_index_has_the_scene_of_its_bands_and_no_inner_half() -> None:
    seen = [record("B08", 0.3, p25=0.2), record("B04", 0.1, p25=0.05)]
    (ndvi,) = parcel_observations.rows(seen, [], {1: 0.5}, ["NDVI"])
    assert (ndvi["mean"], ndvi["p25"], ndvi["clear_share"]) == (pytest.approx(0.5), None, 0.5)


def test_every_window_of_the_season_has_a_row_and_a_mean_outside_is_kept() -> None:
    means = [
        SimpleNamespace(card="bs", band="VV", direction="A", period=period, mean=0.1, n=2)
        for period in (1, 9)
    ]
    rows = parcel_windows.rows(SEASON, means)
    assert [row["n"] for row in rows] == [0, 2, 0, 0, 2]
    assert rows[0]["window_start"] == date(2018, 1, 1)
    assert rows[-1]["window_start"] == date(2018, 2, 15)
    assert rows[0]["mean"] is None
