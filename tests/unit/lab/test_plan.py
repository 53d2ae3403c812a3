from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dias_cbm.errors import SettingsError
from dias_cbm.scenes import Card, Kind, kind_of_name, parse_name
from dias_cbm_lab.season import expected_results
from dias_cbm_lab.season.place import LABEL, Place
from dias_cbm_lab.season.plan import DEFAULT_START, FEWEST_DAYS, compose

PLACE = Place.holding(2000)


@pytest.fixture(scope="module")
def plan():
    return compose(DEFAULT_START, 42, 1, PLACE)


def test_names_say_what_the_entries_are(plan):
    for entry in plan.entries:
        fields = parse_name(entry.name)
        assert kind_of_name(entry.name) is entry.kind
        assert fields["satellite"] == entry.of.satellite


def test_radar_names_carry_orbit_datatake_and_time(plan):
    for entry in plan.entries:
        if entry.kind in (Kind.S1_GRD, Kind.S1_SLC, Kind.CARD_BS):
            fields = parse_name(entry.name)
            assert int(fields["abs_orbit"]) == entry.of.abs_orbit
            assert int(fields["datatake"], 16) == entry.of.datatake
            assert fields["start"] == f"{entry.start:%Y%m%dT%H%M%S}"


def test_optical_names_carry_tile_orbit_and_baseline(plan):
    baselines = Counter()
    for entry in plan.entries:
        if entry.kind is Kind.S2_L2A:
            fields = parse_name(entry.name)
            assert (fields["tile"], fields["rel_orbit"]) == ("32VNH", "108")
            baselines[fields["baseline"]] += 1
    assert baselines == {"0207": 8, "0500": 1}


def test_names_are_unique(plan):
    assert max(Counter(entry.name for entry in plan.entries).values()) == 1


def test_coherence_names_both_passes_six_days_apart(plan):
    pairs = [entry for entry in plan.entries if entry.kind is Kind.CARD_COH6]
    listed = {entry.name for entry in plan.entries}
    for pair in pairs:
        apart = pair.of.start - pair.earlier.start
        assert abs(apart - timedelta(days=6)) < timedelta(seconds=3)
        assert pair.of.rel_orbit == pair.earlier.rel_orbit
        assert pair.start == pair.of.start
        assert f"{pair.earlier.start:%Y%m%d}" in pair.name
        assert set(pair.sources) <= listed


def test_what_the_default_season_comes_out_as(plan):
    # 7 passes on each of two radar orbits; one failed, one late, one doubled, one with two slices.
    cards = expected_results.describe(plan, [])["cards"]
    assert cards["bs"] == {
        "passes": 14,
        "season_end": {
            "listed": 12,
            "made": 2,
            "extracted": 11,
            "superseded": 1,
            "failed": 1,
            "no_parcels": 1,
        },
        "afterwards": {
            "listed": 13,
            "made": 2,
            "extracted": 12,
            "superseded": 1,
            "failed": 1,
            "no_parcels": 1,
        },
    }
    none = {"superseded": 0, "failed": 0, "no_parcels": 0}
    whole = {"listed": 10, "made": 2, "extracted": 12, **none}
    assert cards["c6"] == {"passes": 14, "season_end": whole, "afterwards": whole}
    assert cards["s2"] == {
        "passes": 8,
        "season_end": {"listed": 8, "made": 0, "extracted": 8, **none},
        "afterwards": {"listed": 9, "made": 0, "extracted": 8, **none, "superseded": 1},
    }


def test_gaps_of_the_default_season(plan):
    found = {
        (gap["card"], gap["satellite"], gap["rel_orbit"], gap["date"]): (gap["cause"], gap["fate"])
        for gap in expected_results.gaps(plan)
    }
    assert found == {
        ("bs", "S1A", 44, "2018-06-01"): ("not_acquired", "open"),
        ("c6", "S1A", 44, "2018-06-01"): ("not_acquired", "open"),
        ("c6", "S1B", 44, "2018-06-07"): ("not_acquired", "open"),
        ("bs", "S1B", 139, "2018-06-14"): ("corrupt", "open"),
        ("bs", "S1A", 139, "2018-06-20"): ("not_published", "recovered"),
    }


def test_a_failed_orbit_leaves_nothing(plan):
    failed = plan.faults.failed_orbit
    assert [e for e in plan.entries if failed in (e.of, e.earlier)] == []


def test_the_clock_stands_at_the_end_of_the_season(plan):
    assert plan.season_end == datetime(2018, 6, 22, tzinfo=UTC)


def test_only_the_late_and_the_reprocessed_are_hidden_at_first(plan):
    hidden = [entry for entry in plan.entries if entry.published > plan.season_end]
    assert {(entry.kind, entry.of) for entry in hidden} == {
        (Kind.CARD_BS, plan.faults.late),
        (Kind.S2_L2A, plan.faults.reprocessed),
    }
    assert all(entry.published <= plan.afterwards for entry in hidden)
    level1 = [e for e in plan.entries if e.of == plan.faults.late and not e.kind.card]
    assert {e.kind for e in level1} == {Kind.S1_GRD, Kind.S1_SLC}
    assert all(e.published <= plan.season_end for e in level1)


def test_the_late_pass_is_two_days_later_than_others_at_most_were(plan):
    ages = {e.of: e.published - e.end for e in plan.entries if e.kind is Kind.CARD_BS}
    late = ages.pop(plan.faults.late)
    assert late > timedelta(days=2) + min(ages.values())


def test_the_twins_are_shifted_slices_of_one_datatake(plan):
    nrt, fast = sorted(
        (e for e in plan.entries if e.kind is Kind.CARD_BS and e.of == plan.faults.twin),
        key=lambda e: e.published,
    )
    assert (nrt.timeliness, fast.timeliness) == ("NRT-3h", "Fast-24h")
    assert fast.start - nrt.start == timedelta(seconds=2.6)
    assert fast.published <= plan.season_end


def test_the_scene_without_parcels_touches_the_area_only(plan):
    (scene,) = (e for e in plan.entries if e.kind is Kind.CARD_BS and e.slice == 3)
    outline = shapely.box(*scene.grid.bounds)
    assert outline.intersects(PLACE.area)
    assert outline.distance(PLACE.farmland) > 500


def test_all_other_scenes_cover_the_area(plan):
    for entry in plan.entries:
        if entry.slice != 3:
            assert shapely.box(*entry.grid.bounds).contains(PLACE.area)


def test_radar_grids_are_the_scenes_own_and_optical_ones_the_tiles(plan):
    radar = {e.grid.west % 10 for e in plan.entries if e.kind is Kind.CARD_BS}
    assert len(radar) > 10
    assert len({e.grid.shape for e in plan.entries if e.kind is Kind.CARD_BS}) > 3
    optical = {e.grid for e in plan.entries if e.kind is Kind.S2_L2A}
    (grid,) = optical
    assert (grid.west - 499_980) % 60 == 0
    assert (6_300_000 - grid.north) % 60 == 0
    assert grid.width % 2 == 0
    assert grid.height % 2 == 0


@given(days=st.integers(FEWEST_DAYS, 60), later=st.integers(-200, 200))
@settings(max_examples=60, deadline=None)
def test_every_fault_can_be_learnt_as_one(days, later):
    plan = compose(DEFAULT_START + timedelta(days=later), days, 3, Place(5_000.0))
    faults = plan.faults
    planted = [faults.failed_orbit, faults.late, faults.twin, faults.truncated, faults.no_parcels]
    assert len(set(planted)) == len(planted)
    assert len({faults.reprocessed, faults.cloudy}) == 2
    whole = {
        (e.kind.card, e.of.satellite, e.of.rel_orbit)
        for e in plan.entries
        if e.kind.card
        and e.start.date() >= plan.starts
        and expected_results.outcome(plan, e, plan.season_end) == "extracted"
        and e.published <= plan.season_end
    }
    whole |= {(one.card, one.of.satellite, one.of.rel_orbit) for one in plan.lacking}
    for card, passes in plan.expected.items():
        for one in passes:
            assert (card, one.satellite, one.rel_orbit) in whole
    described = expected_results.describe(plan, [])
    bs, s2 = described["cards"]["bs"]["afterwards"], described["cards"]["s2"]["afterwards"]
    assert (bs["superseded"], bs["failed"], bs["no_parcels"]) == (1, 1, 1)
    assert bs["extracted"] == described["cards"]["bs"]["passes"] - 2
    assert s2["superseded"] == 1
    assert described["cards"]["c6"]["afterwards"]["extracted"] == len(plan.expected[Card.C6]) - 2
    assert described["label"] == LABEL


@given(days=st.integers(FEWEST_DAYS, 60))
@settings(max_examples=20, deadline=None)
def test_of_each_orbit_the_first_pass_and_the_first_pair_are_level_1_only(days):
    plan = compose(DEFAULT_START, days, 3, Place(5_000.0))
    entry_of = {entry.name: entry for entry in plan.entries}
    held = {name: entry for name, entry in entry_of.items() if entry.held}
    assert {name for one in plan.lacking for name in one.sources} == set(held)
    assert {(one.card, one.of.direction) for one in plan.lacking} == {
        (card, direction) for card in (Card.BS, Card.C6) for direction in "AD"
    }
    assert len(plan.lacking) == 4
    for one in plan.lacking:
        assert one.of not in (plan.faults.failed_orbit, plan.faults.late, plan.faults.truncated)
        assert not [e for e in plan.entries if e.kind.card is one.card and e.of == one.of]
        starts = [held[name].start for name in one.sources]
        assert all(start.date() >= plan.starts for start in starts)
        if one.card is Card.C6:
            assert abs(starts[0] - starts[1] - timedelta(days=6)) < timedelta(seconds=3)


def test_a_season_too_short_for_its_faults_is_refused():
    with pytest.raises(SettingsError, match="at least 21 days"):
        compose(DEFAULT_START, FEWEST_DAYS - 1, 1, PLACE)


@pytest.mark.parametrize("parcels", [0, 99, 20_001])
def test_a_place_for_too_few_or_too_many_parcels_is_refused(parcels):
    with pytest.raises(SettingsError, match="100 to 20000 parcels"):
        Place.holding(parcels)


def test_another_seed_gives_other_names_and_grids(plan):
    other = compose(DEFAULT_START, 42, 2, PLACE)
    assert {e.name for e in other.entries}.isdisjoint(
        e.name for e in plan.entries if e.kind is Kind.CARD_BS
    )
    assert compose(DEFAULT_START, 42, 1, PLACE).entries == plan.entries
