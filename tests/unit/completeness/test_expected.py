"""Expected passes, learnt from hand-made lists of what was seen."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.completeness.expected import ExpectedPass, expected_passes
from dias_cbm.completeness.scene_tiles import Sighting
from dias_cbm.scenes import Card, Cause, Kind, Status

DAY = timedelta(days=1)
START = datetime(2018, 5, 1, tzinfo=UTC)
END = START + 36 * DAY
EVENING = timedelta(hours=17, minutes=2)


def seen(
    day: float,
    satellite: str = "S1A",
    kind: Kind = Kind.S1_GRD,
    *,
    orbit: int = 44,
    tile: str = "32VNH",
    at: timedelta = EVENING,
    **more: object,
) -> Sighting:
    values = {"direction": "A", "blocks": frozenset({1, 2}), **more}
    return Sighting(
        int(day * 100),
        kind,
        satellite,
        orbit,
        START + day * DAY + at,
        tile,
        card=kind.card,
        **values,
    )


def days(passes: list[ExpectedPass], card: Card = Card.BS, satellite: str = "S1A") -> list[int]:
    return [
        (one.at - START).days for one in passes if one.card is card and one.satellite == satellite
    ]


def test_one_sighting_foretells_every_repetition_before_and_after_it() -> None:
    passes = expected_passes([seen(16), seen(2, orbit=139)], START, END)
    forty_four = [one for one in passes if one.rel_orbit == 44]
    assert days(forty_four) == [4, 16, 28]
    assert forty_four[0] == ExpectedPass(
        Card.BS, "S1A", 44, "A", "32VNH", START + 4 * DAY + EVENING, frozenset({1, 2})
    ), "level-1 scenes say nothing about what products cover"


def test_an_orbit_that_failed_once_is_expected_all_the_same() -> None:
    assert days(expected_passes([seen(0), seen(12), seen(36 - 12 + 12)], START, END)) == [0, 12, 24]


def test_six_day_pairs_are_two_satellites_with_a_phase_each() -> None:
    passes = expected_passes([seen(1), seen(7, "S1B")], START, END)
    assert days(passes) == [1, 13, 25]
    assert days(passes, satellite="S1B") == [7, 19, 31]


def test_sentinel_2_repeats_after_ten_days() -> None:
    rows = [
        seen(3, "S2A", Kind.S2_L1C, orbit=108),
        seen(8, "S2B", Kind.S2_L2A, orbit=108),
    ]
    passes = expected_passes(rows, START, END)
    assert days(passes, Card.S2, "S2A") == [3, 13, 23, 33]
    assert days(passes, Card.S2, "S2B") == [8, 18, 28]


def test_slices_of_one_pass_are_one_pass_and_add_their_blocks() -> None:
    rows = [
        seen(2, blocks=frozenset({1})),
        seen(2, at=EVENING + timedelta(seconds=25), blocks=frozenset({3})),
        seen(14, at=EVENING + timedelta(seconds=2), blocks=frozenset({1, 2})),
    ]
    passes = expected_passes(rows, START, END)
    assert days(passes) == [2, 14, 26]
    assert {one.blocks for one in passes} == {frozenset({1, 2, 3})}


def test_two_crossings_an_hour_and_a_half_apart_are_two_passes() -> None:
    rows = [seen(2), seen(2, at=EVENING + timedelta(minutes=98))]
    assert days(expected_passes(rows, START, END)) == [2, 2, 14, 14, 26, 26]


def test_a_pass_at_midnight_is_one_pass_on_every_day_it_falls_on() -> None:
    before, after = -timedelta(seconds=10), timedelta(seconds=15)
    passes = expected_passes([seen(3, at=before), seen(15, at=after)], START, END)
    assert [one.at for one in passes] == [START + day * DAY + before for day in (3, 15, 27)]


def test_a_pass_where_the_cycle_is_counted_from_is_one_pass() -> None:
    """Phases are counted from 2014-01-01: 2018-05-04 is 132 cycles of 12 days later."""
    turn = timedelta(seconds=20)
    assert datetime(2014, 1, 1, tzinfo=UTC) + 132 * 12 * DAY == START + 3 * DAY
    rows = [seen(3, at=-turn), seen(3, at=turn), seen(27, at=turn)]
    passes = expected_passes(rows, START, END)
    assert [one.at for one in passes] == [START + day * DAY - turn for day in (3, 15, 27)]


def test_the_season_is_half_open() -> None:
    rows = [seen(0, at=timedelta())]
    assert days(expected_passes(rows, START, START + 24 * DAY)) == [0, 12]


def test_a_leap_day_is_a_day() -> None:
    start = datetime(2020, 2, 20, tzinfo=UTC)
    row = Sighting(1, Kind.S1_GRD, "S1A", 44, datetime(2020, 2, 20, 17, tzinfo=UTC), "32VNH")
    passes = expected_passes([row], start, start + 20 * DAY)
    assert [one.at for one in passes] == [row.obstime, datetime(2020, 3, 3, 17, tzinfo=UTC)]


def test_a_satellite_that_joins_is_expected_from_its_first_pass() -> None:
    rows = [seen(4), seen(24, "S1X", orbit=15, at=timedelta()), seen(25, "S1X", orbit=44)]
    passes = expected_passes(rows, START, END + 12 * DAY)
    assert days(passes, satellite="S1X") == [24, 25, 36, 37]


def test_a_lost_first_pass_is_expected_though_the_satellite_was_not_seen_before() -> None:
    passes = expected_passes([seen(4), seen(20, "S1B")], START, END)
    assert days(passes, satellite="S1B") == [8, 20, 32]


def test_a_satellite_that_falls_silent_stays_expected() -> None:
    rows = [seen(4), seen(10, "S1B"), seen(16), seen(28)]
    assert days(expected_passes(rows, START, END), satellite="S1B") == [10, 22, 34]


def test_failed_and_superseded_scenes_are_evidence_and_so_is_a_card_without_its_level_1() -> None:
    rows = [
        seen(1, status=Status.SUPERSEDED),
        seen(
            5,
            orbit=139,
            kind=Kind.CARD_BS,
            status=Status.FAILED,
            cause=Cause.CORRUPT,
            reason="short file",
        ),
    ]
    passes = expected_passes(rows, START, END)
    assert {one.rel_orbit for one in passes} == {44, 139}


def test_a_scene_without_tile_foretells_nothing() -> None:
    assert expected_passes([seen(1, tile=None)], START, END) == []


def test_each_tile_has_its_own_passes() -> None:
    passes = expected_passes([seen(1), seen(1, tile="32VMH")], START, START + DAY * 3)
    assert {one.tile for one in passes} == {"32VNH", "32VMH"}


def test_a_pass_that_only_grazes_a_tile_is_not_expected() -> None:
    grazing = {"unit": "extracted", "records": 0}
    rows = [seen(1, kind=Kind.CARD_BS, **grazing), seen(13, kind=Kind.CARD_BS, **grazing)]
    assert expected_passes(rows, START, END) == []
    assert days(expected_passes(rows[:1], START, END)) == [1, 13, 25], "once may be an accident"
    mixed = [*rows, seen(25, kind=Kind.CARD_BS, unit="extracted", records=7)]
    assert days(expected_passes(mixed, START, END)) == [1, 13, 25]


def test_coherence_needs_a_pass_six_days_earlier_on_the_same_orbit() -> None:
    rows = [
        seen(1, kind=Kind.S1_SLC),
        seen(7, "S1B", Kind.S1_SLC),
        seen(3, kind=Kind.S1_SLC, orbit=139),
    ]
    passes = expected_passes(rows, START, END)
    assert {one.card for one in passes} == {Card.C6}
    assert {one.rel_orbit for one in passes} == {44}
    assert days(passes, Card.C6) == [13, 25], "day 1 has no partner in the catalogue"
    assert days(passes, Card.C6, "S1B") == [7, 19, 31]


def test_coherence_products_show_that_their_first_partner_exists() -> None:
    rows = [seen(1, kind=Kind.CARD_COH6), seen(7, "S1B", Kind.CARD_COH6)]
    passes = expected_passes(rows, START, END)
    assert days(passes, Card.C6) == [1, 13, 25]
    assert days(passes, Card.C6, "S1B") == [7, 19, 31]


def test_coherence_is_not_expected_before_the_first_pair_that_was_seen() -> None:
    rows = [seen(19, "S1B", Kind.CARD_COH6), seen(13, kind=Kind.CARD_COH6)]
    rows += [seen(2, orbit=139, kind=Kind.CARD_COH6), seen(8, "S1B", Kind.CARD_COH6, orbit=139)]
    passes = [one for one in expected_passes(rows, START, END) if one.rel_orbit == 44]
    assert days(passes, Card.C6) == [13, 25]
    assert days(passes, Card.C6, "S1B") == [19, 31]


def test_twelve_day_coherence_is_expected_where_it_was_seen_only() -> None:
    rows = [seen(1, kind=Kind.S1_SLC), seen(13, kind=Kind.CARD_COH12, orbit=139)]
    passes = expected_passes(rows, START, END)
    assert [(one.card, one.rel_orbit) for one in passes] == [(Card.C12, 139)] * len(passes)
    assert days(passes, Card.C12) == [13, 25]


@given(
    phases=st.lists(st.integers(0, 12 * 24 - 1), min_size=1, max_size=6, unique=True),
    kept=st.data(),
)
def test_any_subset_that_sees_each_phase_once_foretells_the_same(
    phases: list[int], kept: st.DataObject
) -> None:
    """Whatever is lost, as long as each orbit was seen once, the same passes are expected."""
    flown = {
        orbit: [START + timedelta(hours=phase) + cycle * 12 * DAY for cycle in range(3)]
        for orbit, phase in enumerate(phases)
    }
    chosen = {
        orbit: kept.draw(st.lists(st.sampled_from(times), min_size=1, unique=True))
        for orbit, times in flown.items()
    }
    first = min(time for times in chosen.values() for time in times)
    rows = [
        Sighting(1, Kind.S1_GRD, "S1A", orbit, time, "32VNH")
        for orbit, times in chosen.items()
        for time in times
    ]
    found = {(one.rel_orbit, one.at) for one in expected_passes(rows, START, END)}
    assert found == {
        (orbit, time)
        for orbit, times in flown.items()
        for time in times
        if first < START + 24 * DAY or time >= first - timedelta(hours=1)
    }


def usual(rows: list[Sighting]) -> dict[int, frozenset[int]]:
    return {(one.at - START).days: one.usual for one in expected_passes(rows, START, END)}


def cover(day: int, *blocks: int) -> Sighting:
    return seen(day, kind=Kind.CARD_BS, blocks=frozenset(blocks))


def test_the_usual_ground_of_a_pass_is_that_of_its_orbits_other_passes() -> None:
    assert usual([cover(2, 1, 2), cover(14, 1)]) == {2: {1}, 14: {1, 2}, 26: {1}}


def test_the_wavering_edge_of_a_swath_is_not_usual_and_one_lost_slice_does_not_hide_another() -> (
    None
):
    rows = [cover(2, 1, 2, 3), cover(2 - 12, 1, 2), cover(14, 1, 2), cover(26, 1, 2, 3)]
    assert usual(rows)[14] == {1, 2}
    whole = [cover(day, 1, 2) for day in (-34, -22, -10, 2)]
    assert usual([*whole, cover(14, 1), cover(26, 1)])[26] == {1, 2}
