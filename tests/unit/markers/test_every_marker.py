"""Every marker of this library, on what a season may lack."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marker_series import no_optical, optical, parcels

from dias_cbm.markers import registry
from dias_cbm.markers.answers import check
from dias_cbm.markers.events import Reason, States, Status
from dias_cbm.markers.marker import Window
from dias_cbm.markers.series import ParcelSeries
from dias_cbm.markers.vocabulary import VOCABULARY

DAYS = np.arange(90, 290, 8)
N = len(DAYS)
WINDOW = Window(100, 280)

#: What one look may be at: NDVI, and what goes with it.
KINDS = {
    "meadow": {"NDVI": 0.75, "BSI": -0.2, "NDMI": 0.3, "NDWI": -0.6, "NDTI": 0.2},
    "soil": {"NDVI": 0.15, "BSI": 0.15, "NDMI": -0.1, "NDWI": -0.3, "NDTI": 0.05},
    "stubble": {"NDVI": 0.25, "BSI": 0.1, "NDMI": -0.1, "NDWI": -0.3, "NDTI": 0.3},
    "water": {"NDVI": -0.2, "BSI": -0.3, "NDMI": 0.5, "NDWI": 0.4, "NDTI": 0.1},
}


def seen(kinds: list[str], clear: Any = 1, names: Any = None) -> ParcelSeries:
    values = {name: [KINDS[kind][name] for kind in kinds] for name in names or KINDS["meadow"]}
    return parcels(optical(DAYS[: len(kinds)], clear, **values))


def answer(name: str, series: ParcelSeries) -> States:
    marker = registry.get(name)
    states, events = marker.run(series, WINDOW, {})
    check(marker, len(series), states, events)
    assert set(states.values) <= VOCABULARY[name].numbers
    assert set(events.kind.tolist()) <= VOCABULARY[name].kinds
    if len(events):
        assert (states.status[events.parcel] != Status.NOT_EXECUTED).all() or name in (
            "cover",
            "fallow",
        )
    return states


def test_each_has_its_words() -> None:
    assert set(VOCABULARY) == set(registry.BUILT_IN)


@pytest.mark.parametrize("name", sorted(registry.BUILT_IN))
def test_what_a_season_may_lack(name: str) -> None:
    assert answer(name, parcels(no_optical(2))).status.tolist() == [Status.NOT_EXECUTED] * 2
    one_look = answer(name, seen(["meadow"]))
    assert one_look.status.tolist() == [Status.NOT_EXECUTED]
    only_ndvi = answer(name, seen(["meadow"] * N, names=["NDVI"]))
    if name in ("bare_soil", "ploughing", "grassland_conversion", "catch_crop", "other_use"):
        # A band that was not extracted was not looked at.
        assert only_ndvi.reason.tolist() == [Reason.NO_STATISTICS]
    nothing = answer(name, parcels(optical(DAYS, 1, B09=1.0)))
    assert nothing.status.tolist() == [Status.NOT_EXECUTED]
    assert len(answer(name, parcels(no_optical(0)))) == 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(sorted(KINDS)), min_size=N, max_size=N),
    st.lists(st.booleans(), min_size=N, max_size=N),
)
def test_any_series_is_answered_alike_twice(kinds: list[str], clear: list[bool]) -> None:
    for name in sorted(registry.BUILT_IN):
        series = seen(kinds, [float(one) for one in clear])
        first, again = answer(name, series), answer(name, series)
        assert first.status.tolist() == again.status.tolist()
        assert first.reason.tolist() == again.reason.tolist()


@pytest.mark.parametrize("name", sorted(registry.BUILT_IN))
def test_a_parcel_is_answered_alike_in_any_block(name: str) -> None:
    rng = np.random.default_rng(3)
    kinds = [sorted(KINDS)[one] for one in rng.integers(0, 4, (30, N)).ravel()]
    values = {
        value: np.reshape([KINDS[kind][value] for kind in kinds], (30, N))
        for value in KINDS["meadow"]
    }
    clear = rng.random((30, N)) > 0.3
    together = answer(name, parcels(optical(DAYS, clear, **values)))
    for row in range(30):
        alone = parcels(
            optical(DAYS, clear[row], **{name: one[row] for name, one in values.items()})
        )
        single = answer(name, alone)
        assert single.status[0] == together.status[row]
        assert single.reason[0] == together.reason[row]
        assert single.confidence[0] == pytest.approx(together.confidence[row], nan_ok=True)
