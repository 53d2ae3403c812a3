"""Changing the state of a scene."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dias_cbm import ledger
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import StateConflict
from dias_cbm.scenes import Cause, Scene, Status

pytestmark = pytest.mark.integration
MakeScene = Callable[..., Scene]


@pytest.fixture
def scene_id(connection: Connection, make_scene: MakeScene) -> int:
    (number,) = ledger.upsert(connection, [make_scene()]).new
    connection.commit()
    return number


def test_a_change_names_the_state_it_expects(connection: Connection, scene_id: int) -> None:
    engine = {"name": "ready", "version": "1"}
    ledger.change(
        connection,
        scene_id,
        expected=(Status.INGESTED, Status.ORDERED),
        to=Status.READY,
        engine=engine,
        size=7,
    )
    row = ledger.get(connection, scene_id)
    assert (row.status, row.engine, row.size) == (Status.READY, engine, 7)
    assert row.changed_at >= row.registered_at
    with pytest.raises(StateConflict, match=r"expected to be ingested.*is ready"):
        ledger.change(connection, scene_id, expected=Status.INGESTED, to=Status.READY)


def test_a_change_writes_the_cause_and_clears_it(connection: Connection, scene_id: int) -> None:
    ledger.change(
        connection,
        scene_id,
        expected=Status.INGESTED,
        to=Status.FAILED,
        cause=Cause.CORRUPT,
        reason="x",
    )
    row = ledger.get(connection, scene_id)
    assert (row.cause, row.reason) == (Cause.CORRUPT, "x")
    ledger.change(connection, scene_id, expected=Status.FAILED, to=Status.READY)
    row = ledger.get(connection, scene_id)
    assert (row.cause, row.reason) == (None, None)


def test_only_known_columns_change_with_the_state(connection: Connection, scene_id: int) -> None:
    with pytest.raises(TypeError, match="platform"):
        ledger.change(connection, scene_id, expected=Status.INGESTED, to=Status.READY, platform="x")


def test_a_scene_that_is_not_there(connection: Connection) -> None:
    with pytest.raises(StateConflict, match="scene 99: is not in the ledger"):
        ledger.get(connection, 99)
    with pytest.raises(StateConflict, match="is not in the ledger"):
        ledger.change(connection, 99, expected=Status.INGESTED, to=Status.READY)


def test_of_two_that_change_the_same_row_one_wins(database: str, scene_id: int) -> None:
    with connect(database) as first, connect(database) as second:
        ledger.change(first, scene_id, expected=Status.INGESTED, to=Status.READY)
        second.execute("set lock_timeout = '10s'")
        first.commit()
        with pytest.raises(StateConflict):
            ledger.change(second, scene_id, expected=Status.INGESTED, to=Status.READY)


def test_superseding_points_to_the_product_in_force(
    connection: Connection, make_scene: MakeScene
) -> None:
    first, second, third = ledger.upsert(
        connection, [make_scene(product_id=name) for name in "abc"]
    ).new
    ledger.supersede(connection, first, second)
    ledger.supersede(connection, second, third)
    for loser in (first, second):
        row = ledger.get(connection, loser)
        assert (row.status, row.superseded_by) == (Status.SUPERSEDED, third)
        assert row.reason == f"superseded by scene {third}"
    assert ledger.get(connection, third).status == Status.INGESTED


def test_superseding_by_a_superseded_scene_finds_the_one_in_force(
    connection: Connection, make_scene: MakeScene
) -> None:
    first, second, third = ledger.upsert(
        connection, [make_scene(product_id=name) for name in "abc"]
    ).new
    ledger.supersede(connection, second, third)
    ledger.supersede(connection, first, second)
    assert ledger.get(connection, first).superseded_by == third


def test_superseding_twice_is_once_and_circles_are_refused(
    connection: Connection, make_scene: MakeScene
) -> None:
    first, second, third = ledger.upsert(
        connection, [make_scene(product_id=name) for name in "abc"]
    ).new
    ledger.supersede(connection, first, second)
    before = ledger.get(connection, first)
    ledger.supersede(connection, first, second)
    assert ledger.get(connection, first) == before
    for loser, winner in ((second, first), (first, third), (first, first), (first, 99)):
        with pytest.raises(StateConflict):
            ledger.supersede(connection, loser, winner)


@pytest.mark.parametrize(
    ("engine", "cause", "status"),
    [
        ({"name": "ready"}, Cause.EXTRACTION_FAILED, Status.READY),
        ({"name": "ready"}, Cause.CORRUPT, Status.INGESTED),
        ({"name": "ready"}, Cause.FETCH_FAILED, Status.INGESTED),
        (None, Cause.EXTRACTION_FAILED, Status.INGESTED),
    ],
)
def test_a_failed_scene_is_reopened_where_it_can_go_on(
    connection: Connection,
    scene_id: int,
    engine: dict[str, str] | None,
    cause: Cause,
    status: Status,
) -> None:
    columns = {} if engine is None else {"engine": engine}
    ledger.change(
        connection,
        scene_id,
        expected=Status.INGESTED,
        to=Status.FAILED,
        cause=cause,
        reason="in words",
        **columns,
    )
    assert ledger.reopen(connection, scene_id, "tried again for gap 7") == status
    row = ledger.get(connection, scene_id)
    assert (row.status, row.cause, row.reason) == (status, None, "tried again for gap 7")
    with pytest.raises(StateConflict):
        ledger.reopen(connection, scene_id, "once more")
