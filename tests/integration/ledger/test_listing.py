"""Entering what catalogues list, again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from dias_cbm import ledger
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import StateConflict
from dias_cbm.scenes import Card, Cause, Kind, Scene, Status

pytestmark = pytest.mark.integration
MakeScene = Callable[..., Scene]


def test_a_new_scene_is_ingested_with_all_it_says(
    connection: Connection, make_scene: MakeScene
) -> None:
    scene = make_scene(
        abs_orbit=21699, datatake="0256E1", slice=3, tile=None, baseline="002", timeliness="NRT-3h"
    )
    result = ledger.upsert(connection, [scene])
    assert (len(result.new), result.changed, result.known, result.quarantined) == (1, [], [], [])
    row = ledger.get(connection, result.new[0])
    assert (row.status, row.attempts, row.reason) == (Status.INGESTED, 0, None)
    assert (row.reference, row.sensor, row.kind, row.card) == (
        scene.name,
        "S1A",
        Kind.CARD_BS,
        Card.BS,
    )
    assert (row.obstime, row.endtime, row.published) == (scene.start, scene.end, scene.published)
    assert row.obstime.tzinfo is not None
    assert (row.abs_orbit, row.datatake, row.slice, row.baseline) == (21699, "0256E1", 3, "002")
    assert row.footprint is not None
    assert row.footprint.equals(scene.footprint)


def test_a_level_1_acquisition_has_no_card(connection: Connection, make_scene: MakeScene) -> None:
    (scene_id,) = ledger.upsert(connection, [make_scene(kind=Kind.S1_GRD)]).new
    assert ledger.get(connection, scene_id).card is None


def test_listing_again_changes_nothing(connection: Connection, make_scene: MakeScene) -> None:
    scenes = [make_scene(product_id=name) for name in "cab"]
    first = ledger.upsert(connection, scenes)
    before = [ledger.get(connection, scene_id) for scene_id in first.new]
    again = ledger.upsert(connection, scenes)
    assert (again.new, again.changed, sorted(again.known)) == ([], [], sorted(first.new))
    assert [ledger.get(connection, scene_id) for scene_id in first.new] == before


def test_the_same_id_on_another_platform_is_another_scene(
    connection: Connection, make_scene: MakeScene
) -> None:
    assert len(ledger.upsert(connection, [make_scene(), make_scene(platform="cdse")]).new) == 2


def test_metadata_is_refreshed_and_never_lost(
    connection: Connection, make_scene: MakeScene
) -> None:
    scene = make_scene()
    (scene_id,) = ledger.upsert(connection, [scene]).new
    poorer = replace(scene, published=None, size=None, location="/eodata/moved", online=False)
    assert ledger.upsert(connection, [poorer]).known == [scene_id]
    row = ledger.get(connection, scene_id)
    assert (row.published, row.size) == (scene.published, 1000)
    assert (row.location, row.online) == ("/eodata/moved", False)


@pytest.mark.parametrize("change", ["published", "size", "checksum"])
def test_a_failed_scene_published_again_gets_another_chance(
    connection: Connection, make_scene: MakeScene, change: str
) -> None:
    scene = make_scene()
    assert scene.published is not None
    (scene_id,) = ledger.upsert(connection, [scene]).new
    ledger.change(
        connection,
        scene_id,
        expected=Status.INGESTED,
        to=Status.FAILED,
        cause=Cause.CORRUPT,
        reason="truncated",
        attempts=3,
    )
    assert ledger.upsert(connection, [scene]).known == [scene_id]
    assert ledger.get(connection, scene_id).status == Status.FAILED
    news = {
        "published": scene.published + timedelta(days=1),
        "size": 2000,
        "checksum": "md5:bb",
    }
    assert ledger.upsert(connection, [replace(scene, **{change: news[change]})]).changed == [
        scene_id
    ]
    row = ledger.get(connection, scene_id)
    assert (row.status, row.attempts, row.reason) == (Status.INGESTED, 0, "published again")


def test_a_scene_in_work_keeps_its_state_when_published_again(
    connection: Connection, ready: Callable[..., int], make_scene: MakeScene
) -> None:
    scene_id = ready()
    assert ledger.upsert(connection, [make_scene(checksum="md5:bb")]).changed == [scene_id]
    assert ledger.get(connection, scene_id).status == Status.READY


def test_without_footprint_a_scene_waits_in_quarantine(
    connection: Connection, make_scene: MakeScene
) -> None:
    bare = make_scene(footprint=None)
    (scene_id,) = ledger.upsert(connection, [bare]).quarantined
    row = ledger.get(connection, scene_id)
    assert (row.status, row.cause) == (Status.FAILED, Cause.QUARANTINED)
    assert row.reason == "no footprint"
    again = ledger.upsert(connection, [replace(bare, checksum="md5:bb")])
    assert (again.quarantined, again.changed) == ([scene_id], [])
    with pytest.raises(StateConflict, match="no footprint"):
        ledger.reopen(connection, scene_id, "tried again")
    ledger.upsert(connection, [make_scene(checksum="md5:bb")])
    assert ledger.get(connection, scene_id).status == Status.INGESTED


def test_two_polls_at_once_neither_fail_nor_double(database: str, make_scene: MakeScene) -> None:
    """Opposite orders of the same scenes would deadlock if upsert kept them."""
    scenes = [make_scene(product_id=f"{number:03d}") for number in range(60)]
    results: list[ledger.Upsert] = []
    start = threading.Barrier(2)

    def poll(order: list[Scene]) -> None:
        with connect(database) as own:
            start.wait()
            results.append(ledger.upsert(own, order))

    threads = [threading.Thread(target=poll, args=(order,)) for order in (scenes, scenes[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(results) == 2
    assert sorted(len(result.new) for result in results) == [0, 60]
    assert sorted(len(result.known) for result in results) == [0, 60]
