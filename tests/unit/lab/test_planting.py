"""What is planted: on which parcels, on which days, and what it looks like."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import shapely

from dias_cbm.errors import SettingsError
from dias_cbm.markers import registry
from dias_cbm.rules.reading import parse
from dias_cbm_lab.season import landscape, pixels, planting, rule_file
from dias_cbm_lab.season.crops import CROPS
from dias_cbm_lab.season.landscape import Landscape
from dias_cbm_lab.season.passes import Pass
from dias_cbm_lab.season.place import Grid, Place
from dias_cbm_lab.season.planting import Planted
from dias_cbm_lab.season.signal import Signal

STARTS = date(2018, 5, 11)
LONG, SHORT = STARTS + timedelta(days=41), STARTS + timedelta(days=20)
CUT = date(2018, 5, 26)


@pytest.fixture(scope="module")
def bare_land() -> Landscape:
    return landscape.compose(Place.holding(400), 400, 7)


@pytest.fixture(scope="module", params=[LONG, SHORT], ids=["long", "short"])
def ends(request: pytest.FixtureRequest) -> date:
    return request.param


@pytest.fixture(scope="module")
def both(bare_land: Landscape, ends: date) -> tuple[Landscape, Planted]:
    return planting.plant(bare_land, STARTS, ends, 7)


def test_each_parcel_has_one_thing_and_is_declared_rightly(
    both: tuple[Landscape, Planted],
) -> None:
    land, planted = both
    chosen = [*planted.mown, *planted.ploughed, *planted.mixed]
    assert len(chosen) == len(set(chosen))
    assert (land.crop[chosen] == land.declared[chosen]).all()
    assert set(planted.clouded) < set(planted.mown)
    meadows = {CROPS[land.crop[i]] for i in (*planted.mown, *planted.ploughed)}
    assert meadows <= set(planting.MEADOWS)
    others = np.delete(land.geometry, chosen)
    assert not shapely.STRtree(others).query(land.geometry[chosen], "intersects").size


def test_the_cuts_lie_where_looks_can_show_them(
    both: tuple[Landscape, Planted], ends: date
) -> None:
    _, planted = both
    looks = planting.looks_of(STARTS, ends)
    known = [cuts for i, cuts in planted.mown.items() if i not in planted.clouded]
    assert () in known
    days = [day for cuts in known for day in cuts]
    assert planting.window(looks)[0] < min(days) <= max(days) < looks[-1]
    for i, since in planted.clouded.items():
        assert since in looks
        assert all(since < cut < ends for cut in planted.mown[i])


def test_the_second_crop_grows_on_about_half_of_its_parcel(
    both: tuple[Landscape, Planted],
) -> None:
    land, planted = both
    (mixed,) = planted.mixed
    share = shapely.area(land.patches[0]) / shapely.area(land.geometry[mixed])
    assert 0.3 < share < 0.7
    (parcel, patch) = land.labels_of([mixed])
    assert parcel == mixed + 1
    west, south, _, north = land.geometry[mixed].bounds
    grid = Grid(west - 50, north + 50, 10.0, 100, int((north - south) / 10) + 10)
    found = np.bincount(land.labels(grid).ravel(), minlength=patch + 1)
    assert found[patch] > 20
    assert found[parcel] > 20
    assert Signal.of(land, 7, planted).cover[patch] == planting.SECOND_CROP


def test_the_truth_names_ids_and_days(both: tuple[Landscape, Planted], ends: date) -> None:
    land, planted = both
    truth = planting.describe(planted, land, STARTS, ends)
    assert {one["pid"] for one in truth["mown"]} == {
        int(land.pid[i]) for i in planted.mown if i not in planted.clouded
    }
    assert truth["clouded"][0]["to"] == ends.isoformat()
    assert truth["mixed"][0]["crops"][1] == "maize"


def test_too_few_meadows_are_told(bare_land: Landscape) -> None:
    maize = np.full(400, CROPS.index("maize"))
    barren = Landscape(
        bare_land.pid, bare_land.geometry, maize, maize, bare_land.other, bare_land.cover
    )
    with pytest.raises(SettingsError, match="too few meadows"):
        planting.plant(barren, STARTS, LONG, 1)


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_smallest_season_has_room_for_it(seed: int) -> None:
    land = landscape.compose(Place.holding(100), 100, seed)
    _, planted = planting.plant(land, STARTS, SHORT, seed)
    assert sum(bool(cuts) for cuts in planted.mown.values()) >= 2


def test_the_rule_file_has_no_fault(ends: date) -> None:
    text = rule_file.text(planting.looks_of(STARTS, ends))
    rules = parse(text, "rules.toml", registry.names())
    assert sorted(scheme.name for scheme in rules.schemes) == sorted(rule_file.SCHEMES)


def seen(signal: Signal, day: date) -> Pass:
    return Pass("S2A", 108, "D", 15549, datetime(day.year, day.month, day.day, 10, 30, tzinfo=UTC))


def index(signal: Signal, day: date, one: int, other: int) -> np.ndarray:
    bands = signal.reflectance(seen(signal, day))
    return (bands[:, one] - bands[:, other]) / (bands[:, one] + bands[:, other])


def test_a_known_cut_takes_green_and_moisture_and_grows_back() -> None:
    covers = ("margin", "grass in rotation", "permanent grass", "permanent grass")
    signal = Signal(1, covers, Planted(mown={0: (CUT,), 1: (CUT,), 2: ()}))

    def lost(days: int, one: int, other: int) -> np.ndarray:
        before = index(signal, CUT - timedelta(days=1), one, other)
        return (before - index(signal, CUT + timedelta(days=days), one, other))[1:]

    ndvi, moisture = (3, 2), (3, 4)
    # The thresholds of the mowing rule.
    assert (lost(0, *ndvi)[:2] > 0.08).all()
    assert (lost(0, *moisture)[:2] > 0.2).all()
    assert (lost(8, *moisture)[:2] > 0.15).all()
    assert (lost(8, *ndvi)[:2] < lost(0, *ndvi)[:2]).all()
    assert abs(lost(8, *ndvi)[2]) < 0.03


def test_a_ploughed_meadow_is_bare_soil() -> None:
    signal = Signal(1, ("margin", "permanent grass"), Planted(ploughed={0: CUT}))
    assert index(signal, CUT - timedelta(days=1), 3, 2)[1] > 0.6
    assert index(signal, CUT, 3, 2)[1] < 0.25
    before, across, after = (
        signal.coherence(seen(signal, day), seen(signal, day - timedelta(days=6)))["VV"][1]
        for day in (CUT - timedelta(days=1), CUT + timedelta(days=2), CUT + timedelta(days=9))
    )
    assert across < before < after


def test_clouds_hide_a_parcel_and_its_rim() -> None:
    labels = np.zeros((20, 20), np.int32)
    labels[8:12, 8:12] = 3
    where = pixels.around(labels, [3])
    classes = pixels.hidden(np.full(labels.shape, 4, np.uint8), where)
    assert (classes[labels == 3] == 9).all()
    assert (classes[0] == 4).all()
    assert not pixels.around(labels, []).any()
