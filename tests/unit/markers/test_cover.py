"""Cover of the soil, worked by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from marker_series import optical, parcels

from dias_cbm.markers.answers import check
from dias_cbm.markers.cover import Cover
from dias_cbm.markers.events import Events, Reason, States, Status
from dias_cbm.markers.marker import Window
from dias_cbm.markers.series import ParcelSeries

GREEN, BARE, DOUBT = (0.6, -0.2), (0.15, 0.1), (0.32, 0.1)
DAYS = np.arange(0, 100, 10)
WINDOW = Window(0, 100)


def field(looks: list[Any], clear: Any = 1, **values: Any) -> ParcelSeries:
    ndvi, bsi = zip(*looks, strict=True)
    return parcels(optical(DAYS[: len(looks)], clear, NDVI=ndvi, BSI=bsi, **values))


def run(series: ParcelSeries, window: Window = WINDOW, **options: Any) -> tuple[States, Events]:
    states, events = Cover().run(series, window, {"minimum_looks": 2, **options})
    check(Cover(), len(series), states, events)
    return states, events


def test_days_and_spells() -> None:
    looks = [BARE, BARE, DOUBT, GREEN, GREEN, GREEN, GREEN, GREEN, GREEN, GREEN]
    states, events = run(field(looks))
    assert states.status.tolist() == [Status.OK]
    values = {name: float(one[0]) for name, one in states.values.items()}
    assert values.pop("share") != values["covered_days"]
    assert values == {
        "covered_days": 61,
        "bare_days": 11,
        "unknown_days": 28,
        "longest_covered": 61,
        "possible": 89,
    }
    assert events.kind.tolist() == ["bare", "covered"]
    assert events.start.tolist() == [0, 30]
    assert events.end.tolist() == [10, 90]
    assert events.values["days"].tolist() == [11, 61]


def test_bare_soil_leaves_no_room() -> None:
    looks = [GREEN, GREEN, GREEN, GREEN, BARE, BARE, GREEN, GREEN, GREEN, GREEN]
    states, _ = run(field(looks))
    assert states.status.tolist() == [Status.NOT_VALID]
    assert states.values["possible"].tolist() == [49]
    assert run(field(looks), least_days=31)[0].status.tolist() == [Status.OK]


def test_what_was_not_seen_is_not_held_against_anyone() -> None:
    clear = [1, 1, 1, 0, 0, 1, 1, 1, 0, 0]
    states, _ = run(field([GREEN] * 10, clear))
    assert states.reason.tolist() == [Reason.GAP_IN_WINDOW]
    assert states.values["longest_covered"].tolist() == [21]
    states, _ = run(field([DOUBT] * 10))
    assert states.reason.tolist() == [Reason.GAP_IN_WINDOW]
    states, _ = run(field([GREEN] * 10, 0))
    assert states.reason.tolist() == [Reason.FEW_CLEAR]


def test_only_days_of_the_window_count() -> None:
    states, _ = run(field([GREEN] * 10), Window(35, 65), least_days=30)
    assert states.status.tolist() == [Status.OK]
    assert states.values["covered_days"].tolist() == [30]


def test_share_of_the_area() -> None:
    quartiles = {"NDVI_p25": 0.3, "NDVI_p50": [0.5] * 9 + [0.3], "NDVI_p75": 0.7}
    states, _ = run(field([GREEN] * 10, **quartiles))
    assert states.values["share"].tolist() == [0.25]
    states, _ = run(field([GREEN] * 10, **quartiles), Window(0, 90))
    assert states.values["share"].tolist() == [0.5]


@given(
    st.lists(st.sampled_from([GREEN, BARE, DOUBT]), min_size=10, max_size=10),
    st.lists(st.booleans(), min_size=10, max_size=10),
)
def test_without_some_looks_cover_is_never_denied(looks: list[Any], kept: list[bool]) -> None:
    """A parcel that is not denied with all of its looks is not denied with fewer."""
    all_of_them, _ = run(field(looks))
    fewer, _ = run(field(looks, [float(one) for one in kept]))
    if all_of_them.status[0] != Status.NOT_VALID:
        assert fewer.status[0] != Status.NOT_VALID
    # Less cover may be known, but no more.
    if not np.isnan(fewer.values["possible"][0]):
        assert fewer.values["possible"][0] >= all_of_them.values["possible"][0]


def test_confidence_is_only_of_what_was_seen() -> None:
    states, _ = run(parcels(optical(DAYS, NDVI=[[0.6] * 10, [0.1] * 10], BSI=[[-0.1], [0.1]])))
    assert states.confidence.tolist() == pytest.approx([0.95, float("nan")], nan_ok=True)
