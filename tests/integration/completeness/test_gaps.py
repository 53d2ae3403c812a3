"""Gaps of a season, from a ledger filled by hand."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import shapely
from psycopg.types.json import Jsonb

from dias_cbm import ledger, seasons
from dias_cbm.completeness import gaps
from dias_cbm.completeness.expected import learn
from dias_cbm.db.connection import connect
from dias_cbm.scenes import Card, Cause, Kind, Status

pytestmark = pytest.mark.integration

NOW = datetime(2018, 7, 10, tzinfo=UTC)


def day(number: int) -> date:
    return date(2018, 5, 1) + timedelta(days=number)


def test_a_complete_season_has_no_gap(radar: Callable[..., Any]) -> None:
    world = radar()
    report = gaps.refresh(world.connection, world.season, NOW)
    assert (report.expected, report.found, report.new) == (6, 6, [])
    assert world.gaps() == []


def test_a_failed_orbit_is_one_gap_with_its_parcels(radar: Callable[..., Any]) -> None:
    world = radar(lost=(14,))
    report = gaps.refresh(world.connection, world.season, NOW)
    assert (report.expected, report.found) == (6, 5)
    assert world.gaps() == [("bs", "S1A", 44, "32VNH", day(14), "not_acquired", "missing")]
    (row,) = world.table()
    assert row.parcels == 1000
    assert row.direction == "A"
    assert row.next_check == NOW + timedelta(hours=6)
    assert report.open_by_cause == {"not_acquired": 1}


def test_run_twice_the_rows_are_the_same(radar: Callable[..., Any]) -> None:
    world = radar(lost=(2, 14))
    gaps.refresh(world.connection, world.season, NOW)
    before = world.table()
    report = gaps.refresh(world.connection, world.season, NOW + timedelta(minutes=5))
    assert world.table() == before
    assert (report.new, report.recovered, report.confirmed) == ([], [], [])


def test_a_gap_keeps_its_time_when_an_earlier_slice_shows_up(radar: Callable[..., Any]) -> None:
    world = radar(lost=(14,))
    gaps.refresh(world.connection, world.season, NOW)
    before = world.table()
    west = shapely.MultiPolygon([shapely.box(9.0, 56.0, 9.9, 57.0)])
    world.scene(Kind.S1_GRD, 2, hour=16.99, footprint=west)
    world.extracted(Kind.CARD_BS, 2, hour=16.99, footprint=west)
    gaps.refresh(world.connection, world.season, NOW)
    assert [row.expected_at for row in world.table()] == [row.expected_at for row in before]


def test_causes_follow_the_evidence(radar: Callable[..., Any]) -> None:
    world = radar(lost=(8, 14, 20, 26))
    west = {"footprint": shapely.MultiPolygon([shapely.box(9.0, 56.0, 9.9, 57.0)])}
    world.scene(Kind.S1_GRD, 8, "S1B", **west)
    world.fail(world.scene(Kind.CARD_BS, 14, **west), Cause.CORRUPT, "short file")
    world.scene(Kind.CARD_BS, 20, "S1B", footprint=None)
    waiting = world.scene(Kind.CARD_BS, 26, **west)
    gaps.refresh(world.connection, world.season, NOW)
    assert [(row[4], row[5]) for row in world.gaps()] == [
        (day(8), "not_published"),
        (day(14), "corrupt"),
        (day(20), "not_indexed"),
        (day(26), "pending"),
    ]
    assert [row.obsid is not None for row in world.table()] == [True] * 4
    assert world.table()[3].obsid == waiting


def test_a_late_pass_is_recovered_and_its_row_is_kept(radar: Callable[..., Any]) -> None:
    world = radar(lost=(14,))
    gaps.refresh(world.connection, world.season, NOW)
    scene_id = world.extracted(
        Kind.CARD_BS, 14, footprint=shapely.MultiPolygon([shapely.box(9.0, 56.0, 9.9, 57.0)])
    )
    report = gaps.refresh(world.connection, world.season, NOW + timedelta(days=1))
    (row,) = world.table()
    assert report.recovered == [row.id]
    assert (row.state, row.cause, row.obsid) == ("recovered", "not_acquired", scene_id)
    assert row.closed_at == NOW + timedelta(days=1)
    assert row.next_check is None
    gaps.refresh(world.connection, world.season, NOW + timedelta(days=2))
    assert world.table() == [row]


def test_a_recovered_pass_whose_scene_is_gone_opens_again(radar: Callable[..., Any]) -> None:
    world = radar()
    scene_id = (
        world.connection.execute("select max(id) as id from dias_catalogue where card = 'bs'")
        .fetchone()
        .id
    )
    world.connection.execute("delete from extraction where obsid = %s", (scene_id,))
    gaps.refresh(world.connection, world.season, NOW)
    assert [row[5:] for row in world.gaps()] == [("pending", "missing")]
    world.connection.execute(
        "update dias_catalogue set status = 'ingested' where id = %s", (scene_id,)
    )
    world.connection.execute("delete from signature_block where obsid = %s", (scene_id,))
    world.extract(scene_id)
    gaps.refresh(world.connection, world.season, NOW + timedelta(days=40))
    assert [row[6] for row in world.gaps()] == ["recovered"]
    world.connection.execute("delete from extraction where obsid = %s", (scene_id,))
    report = gaps.refresh(world.connection, world.season, NOW + timedelta(days=80))
    assert len(report.new) == 1
    (row,) = world.table()
    assert (row.state, row.closed_at) == ("missing", None)
    assert row.found_at == NOW + timedelta(days=80)


def test_a_gap_is_given_up_after_the_set_time(
    radar: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = radar(lost=(14,))
    monkeypatch.setenv("CBM_COMPLETENESS_GIVE_UP_DAYS", "10")
    gaps.refresh(world.connection, world.season, NOW)
    gaps.refresh(world.connection, world.season, NOW + timedelta(days=9))
    assert [row[6] for row in world.gaps()] == ["missing"]
    report = gaps.refresh(world.connection, world.season, NOW + timedelta(days=10))
    assert len(report.confirmed) == 1
    assert [row[6] for row in world.gaps()] == ["confirmed"]


def test_every_tile_of_a_lost_pass_is_a_gap(world: Any) -> None:
    for number in (2, 26):
        world.extracted(Kind.CARD_BS, number)
    gaps.refresh(world.connection, world.season, NOW)
    assert [(row[3], row[4]) for row in world.gaps()] == [("32VNH", day(14)), ("32VPH", day(14))]
    assert [row.parcels for row in world.table()] == [1000, 10]


def test_a_lost_acquisition_costs_two_coherence_passes(world: Any) -> None:
    flown = [(2, "S1A"), (8, "S1B"), (14, "S1A"), (20, "S1B"), (26, "S1A"), (32, "S1B")]
    for number, satellite in flown:
        if number != 14:
            world.scene(Kind.S1_SLC, number, satellite)
        if number in (8, 26 + 6):
            world.extracted(Kind.CARD_COH6, number, satellite)
    world.extracted(Kind.CARD_COH6, 26, "S1A")
    gaps.refresh(world.connection, world.season, NOW)
    west = [(row[0], row[1], row[4], row[5]) for row in world.gaps() if row[3] == "32VNH"]
    assert west == [
        ("c6", "S1A", day(14), "not_acquired"),
        ("c6", "S1B", day(20), "not_acquired"),
    ]
    evidence = [row.evidence for row in world.table() if row.tile == "32VNH"]
    assert "the later acquisition of the pair (S1_SLC, 2018-05-15" in evidence[0]
    assert "the earlier acquisition of the pair (S1_SLC, 2018-05-15" in evidence[1]


def histogram(world: Any, scene_id: int, counts: dict[int, float]) -> None:
    for scl_class, count in counts.items():
        world.connection.execute(
            "insert into histogram_block values (%s, %s, 1, %s, array[%s, 'NaN']::real[])",
            (world.season.id, scene_id, scl_class, count),
        )
    world.connection.commit()


def test_clouds_are_measured_in_the_histograms(world: Any) -> None:
    shares = {0: {0: 500, 4: 60, 9: 40}, 10: {4: 1, 9: 199}, 20: {9: 100}, 30: {5: 1, 8: 99}}
    for number, counts in shares.items():
        scene_id = world.extracted(Kind.S2_L2A, number, "S2A", orbit=108, records=5)
        histogram(world, scene_id, counts)
    gaps.refresh(world.connection, world.season, NOW)
    assert [(row[4], row[5], row[6]) for row in world.gaps()] == [
        (day(10), "cloudy", "confirmed"),
        (day(20), "cloudy", "confirmed"),
    ]
    measured = {(row.pixels, row.clear) for row in world.table("clear_share")}
    assert measured == {(100, 60), (200, 1), (100, 0), (100, 1)}


def test_an_extraction_done_again_is_measured_again(world: Any) -> None:
    scene_id = world.extracted(Kind.S2_L2A, 0, "S2A", orbit=108, records=5)
    histogram(world, scene_id, {9: 100})
    gaps.refresh(world.connection, world.season, NOW)
    world.connection.execute("update histogram_block set class = 4")
    world.connection.execute("update extraction set finished_at = now() + interval '1 second'")
    report = gaps.refresh(world.connection, world.season, NOW)
    assert [row[6] for row in world.gaps() if row[4] == day(0)] == ["recovered"]
    assert len(report.recovered) == 1


def test_a_reprocessed_product_makes_no_gap_while_it_is_worked_on(world: Any) -> None:
    for number in (0, 10, 20, 30):
        scene_id = world.extracted(Kind.S2_L2A, number, "S2A", orbit=108)
    better = world.scene(Kind.S2_L2A, 30, "S2A", orbit=108, baseline="05.00")
    ledger.supersede(world.connection, scene_id, better)
    gaps.refresh(world.connection, world.season, NOW)
    assert world.gaps() == []
    world.extract(better)
    gaps.refresh(world.connection, world.season, NOW)
    assert world.gaps() == []


def test_a_scene_of_no_parcels_is_no_gap(radar: Callable[..., Any]) -> None:
    world = radar()
    north = shapely.MultiPolygon([shapely.box(9, 58, 10, 59)])
    scene_id = world.scene(Kind.CARD_BS, 2, footprint=north, hour=17.01)
    ledger.change(world.connection, scene_id, expected=Status.INGESTED, to=Status.READY)
    ledger.plan_extractions(world.connection, scene_id)
    assert ledger.get(world.connection, scene_id).status is Status.NO_PARCELS
    report = gaps.refresh(world.connection, world.season, NOW)
    assert (report.expected, world.gaps()) == (6, [])


def test_days_that_no_run_has_come_to_are_not_judged(radar: Callable[..., Any]) -> None:
    world = radar(lost=(8, 26))
    for number in (1, 14):
        world.connection.execute(
            "insert into observed_day (season, card, day, report) values (%s, 'bs', %s, %s)",
            (world.season.id, day(number), Jsonb({})),
        )
    report = gaps.refresh(world.connection, world.season, NOW)
    assert [row[4] for row in world.gaps()] == [day(8)]
    assert report.not_run == 3


def test_the_present_season_is_judged_up_to_now(radar: Callable[..., Any]) -> None:
    world = radar(days=range(2, 20, 6))
    now = NOW.replace(month=5, day=22)
    report = gaps.refresh(world.connection, world.season, now)
    assert (report.expected, world.gaps()) == (
        4,
        [("bs", "S1B", 44, "32VNH", day(20), "pending", "pending")],
    )


def test_learn_answers_with_the_passes_of_the_season(radar: Callable[..., Any]) -> None:
    world = radar(lost=(14,))
    found = learn(world.connection, world.season, NOW)
    assert [one.at.date() for one in found] == [day(n) for n in (2, 8, 14, 20, 26, 32)]
    assert {one.card for one in found} == {Card.BS}


def test_two_refreshes_at_once_record_each_gap_once(
    radar: Callable[..., Any], database: str
) -> None:
    world = radar(lost=(2, 14, 26))
    world.scene(Kind.S1_GRD, 2, footprint=shapely.MultiPolygon([shapely.box(9, 56, 9.9, 57)]))
    world.connection.commit()
    errors: list[BaseException] = []

    def work() -> None:
        try:
            with connect(database) as connection:
                gaps.refresh(connection, world.season, NOW)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(world.gaps()) == 3


def test_a_missing_slice_is_a_gap_of_the_parcels_it_leaves_out(world: Any) -> None:
    """Block 2 (16 parcels) is moved north of block 1, and out of the southern slice."""
    north = shapely.box(9.0, 57.1, 9.9, 57.4)
    world.connection.execute(
        "update parcel_block set extent = st_setsrid(st_geomfromwkb(%s), 4326) where blk = 2",
        (shapely.to_wkb(north),),
    )
    southern = shapely.MultiPolygon([shapely.box(9.0, 56.0, 9.9, 57.05)])
    northern = shapely.MultiPolygon([shapely.box(9.0, 57.0, 9.9, 58.0)])
    for number in (2, 14, 26):
        world.extracted(Kind.CARD_BS, number, footprint=southern)
        if number != 14:
            world.extracted(Kind.CARD_BS, number, footprint=northern, hour=17.01)
    gaps.refresh(world.connection, world.season, NOW)
    assert world.gaps() == [("bs", "S1A", 44, "32VNH", day(14), "not_acquired", "missing")]
    (row,) = world.table()
    assert (row.parcels, row.blocks) == (16, [2])
    assert "1 of 2 blocks of parcels" in row.evidence

    world.extracted(Kind.CARD_BS, 14, footprint=northern, hour=17.01)
    gaps.refresh(world.connection, world.season, NOW)
    (row,) = world.table()
    assert (row.state, row.parcels, row.blocks) == ("recovered", 16, [2])


def test_a_satellite_that_has_left_is_a_confirmed_gap_and_not_expected(world: Any) -> None:
    world.connection.execute(
        "update season set starts = '2021-12-01', ends = '2022-01-10', epoch = '2021-01-01'"
    )
    season = seasons.get(world.connection, "dk-2018")
    offset = (date(2021, 12, 1) - date(2018, 5, 1)).days
    world.extracted(Kind.CARD_BS, offset + 6, "S1B")
    world.extracted(Kind.CARD_BS, offset + 18, "S1B")
    report = gaps.refresh(world.connection, season, datetime(2022, 3, 1, tzinfo=UTC))
    assert (report.expected, report.found) == (4, 4), "two tiles, two passes"
    assert {row[5:] for row in world.gaps()} == {("not_planned", "confirmed")}
    assert {row[4] for row in world.gaps()} == {date(2021, 12, 31)}
