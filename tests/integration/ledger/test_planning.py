"""Which units a scene is extracted in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from shapely import MultiPolygon, box

from dias_cbm import ledger
from dias_cbm.db.connection import Connection
from dias_cbm.errors import StateConflict
from dias_cbm.ledger import Unit
from dias_cbm.scenes import Cause, Kind, Status

pytestmark = pytest.mark.integration
Ready = Callable[..., int]


def test_a_scene_is_planned_for_every_tile_under_it(
    connection: Connection, season: int, ready: Ready
) -> None:
    scene = ready(footprint=MultiPolygon([box(9.5, 54, 10.5, 57)]))
    expected = [Unit(season, scene, "31AAA"), Unit(season, scene, "32BBB")]
    assert ledger.plan_extractions(connection, scene) == expected
    assert ledger.plan_extractions(connection, scene) == expected
    count = connection.execute("select count(*) as n from extraction").fetchone()
    assert count is not None
    assert count.n == 2
    assert ledger.get(connection, scene).status == Status.READY


def test_a_sentinel_2_scene_is_planned_for_its_own_tile_only(
    connection: Connection, season: int, ready: Ready
) -> None:
    scene = ready(kind=Kind.S2_L2A, tile="32BBB")
    assert ledger.plan_extractions(connection, scene) == [Unit(season, scene, "32BBB")]


def test_a_scene_beside_all_parcels_has_none(
    connection: Connection, season: int, ready: Ready
) -> None:
    scene = ready(footprint=MultiPolygon([box(20, 54, 21, 57)]))
    assert ledger.plan_extractions(connection, scene) == []
    row = ledger.get(connection, scene)
    assert row.status == Status.NO_PARCELS
    assert row.reason is not None
    assert row.cause is Cause.NO_PARCELS


@pytest.mark.parametrize(
    ("start", "planned"),
    [
        (datetime(2017, 12, 31, 23, 59, 59, tzinfo=UTC), False),
        (datetime(2018, 1, 1, 0, 0, tzinfo=UTC), True),
        (datetime(2018, 12, 31, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2019, 1, 1, 0, 0, tzinfo=UTC), False),
    ],
)
def test_the_day_is_that_of_utc_whatever_the_session_thinks(
    connection: Connection, season: int, ready: Ready, start: datetime, planned: bool
) -> None:
    scene = ready(start=start)
    connection.execute("set time zone 'Asia/Tokyo'")
    try:
        assert bool(ledger.plan_extractions(connection, scene)) == planned
    finally:
        connection.execute("set time zone 'UTC'")


def test_a_season_opened_later_takes_an_extracted_scene_again(
    connection: Connection, season: int, ready: Ready, make_season: Callable[..., int]
) -> None:
    scene = ready(tile="31AAA", kind=Kind.S2_L2A)
    (unit,) = ledger.plan_extractions(connection, scene)
    assert ledger.claim(connection, unit, "one")
    ledger.finish(connection, unit, 10, 1.0)
    assert ledger.plan_extractions(connection, scene) == []
    assert ledger.get(connection, scene).status == Status.EXTRACTED

    other = make_season("dk-spring", date(2018, 3, 1), date(2018, 6, 1))
    assert ledger.plan_extractions(connection, scene) == [Unit(other, scene, "31AAA")]
    assert ledger.get(connection, scene).status == Status.READY
    assert ledger.claim(connection, Unit(other, scene, "31AAA"), "one")
    ledger.finish(connection, Unit(other, scene, "31AAA"), 10, 1.0)
    assert ledger.get(connection, scene).status == Status.EXTRACTED


def test_parcels_loaded_later_take_a_scene_without_any_again(
    connection: Connection, ready: Ready, make_season: Callable[..., int]
) -> None:
    scene = ready()
    assert ledger.plan_extractions(connection, scene) == []
    season = make_season("dk-2018", date(2018, 1, 1), date(2018, 12, 31), ("31AAA",))
    assert ledger.plan_extractions(connection, scene) == [Unit(season, scene, "31AAA")]
    row = ledger.get(connection, scene)
    assert (row.status, row.reason) == (Status.READY, None)


@pytest.mark.parametrize("status", [Status.INGESTED, Status.ORDERED, Status.FAILED])
def test_nothing_is_planned_without_a_product(
    connection: Connection, season: int, make_scene: Callable[..., Any], status: Status
) -> None:
    (scene,) = ledger.upsert(connection, [make_scene()]).new
    if status != Status.INGESTED:
        ledger.change(
            connection,
            scene,
            expected=Status.INGESTED,
            to=status,
            cause=Cause.CORRUPT,
            reason="truncated",
        )
    assert ledger.plan_extractions(connection, scene) == []
    assert ledger.get(connection, scene).status == status


def test_a_level_1_acquisition_is_never_planned(
    connection: Connection, season: int, ready: Ready
) -> None:
    scene = ready(kind=Kind.S1_GRD)
    assert ledger.plan_extractions(connection, scene) == []
    assert ledger.get(connection, scene).status == Status.READY


def test_a_scene_that_is_not_there(connection: Connection) -> None:
    with pytest.raises(StateConflict):
        ledger.plan_extractions(connection, 99)


def test_replaced_parcels_send_their_scenes_back(
    connection: Connection, season: int, ready: Ready, make_season: Callable[..., int]
) -> None:
    """What another season extracted stays; a scene beside the old parcels is looked at again."""
    other = make_season("dk-spring", date(2018, 5, 1), date(2018, 5, 31), ("31AAA",))
    done, beside = ready(product_id="done"), ready(product_id="beside", footprint=_beside())
    untouched = ready(product_id="new")
    for unit in ledger.plan_extractions(connection, done):
        assert ledger.claim(connection, unit, "one")
        ledger.finish(connection, unit, 10, 1.0)
    ledger.plan_extractions(connection, beside)
    assert ledger.get(connection, beside).status == Status.NO_PARCELS

    reset = ledger.reset_season(connection, season)
    assert (reset.units, reset.scenes) == (3, 2)
    for scene in (done, beside, untouched):
        assert ledger.get(connection, scene).status == Status.READY
    rows = connection.execute("select season, status from extraction").fetchall()
    assert [(row.season, row.status) for row in rows] == [(other, "extracted")]
    assert {unit.season for unit in ledger.plan_extractions(connection, done)} == {season}


def _beside() -> MultiPolygon:
    return MultiPolygon([box(20, 54, 21, 57)])


def test_units_last_as_long_as_those_before_them(
    connection: Connection, season: int, ready: Ready
) -> None:
    over = {"footprint": MultiPolygon([box(9.5, 54, 10.5, 57)])}
    first, second = (
        ledger.plan_extractions(connection, ready(product_id=n, checksum=n, **over)) for n in "ab"
    )
    unknown = ledger.seconds_of_units(connection, first)
    assert unknown == [pytest.approx(1, abs=0.01)] * 2
    assert ledger.claim(connection, first[1], "worker")
    ledger.finish(connection, first[1], 10, 7.5)
    assert ledger.seconds_of_units(connection, [*reversed(second)]) == [7.5, unknown[0]]
    optical = ledger.plan_extractions(
        connection, ready(kind=Kind.S2_L2A, tile="32BBB", product_id="c")
    )
    assert ledger.seconds_of_units(connection, optical) == [unknown[0]]
    assert ledger.seconds_of_units(connection, []) == []


def test_a_product_to_be_made_takes_long(connection: Connection, ready: Ready) -> None:
    known, listed, made = (ready(product_id=name) for name in "abc")
    connection.execute(
        "update dias_catalogue set status = 'ingested' where id = any(%s)", ([listed, made],)
    )
    connection.execute("update dias_catalogue set platform = 'made' where id = %s", (made,))
    quick, some, long = ledger.seconds_of_products(connection, [known, listed, made])
    assert quick < some < 10 < long
