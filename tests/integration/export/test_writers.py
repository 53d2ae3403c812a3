"""Files written at the same time: one snapshot, and one failure ends all."""

from __future__ import annotations

from threading import Event

import pytest
from blocks import add_season
from psycopg import IsolationLevel

from dias_cbm.db.connection import Connection, connect
from dias_cbm.export.writers import write_all

pytestmark = pytest.mark.integration


def seasons(connection: Connection, _: Event) -> int:
    return len(connection.execute("select from season").fetchall())


@pytest.mark.parametrize("workers", [1, 3])
def test_all_see_what_the_first_one_saw(
    connection: Connection, database: str, workers: int
) -> None:
    connection.rollback()
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    assert seasons(connection, Event()) == 0
    with connect(database) as other:
        add_season(other)
    assert write_all(connection, [seasons] * 5, workers) == [0] * 5


def test_a_failure_stops_the_others(connection: Connection) -> None:
    connection.rollback()
    connection.isolation_level = IsolationLevel.REPEATABLE_READ

    def endless(_: Connection, stopped: Event) -> int:
        assert stopped.wait(20)
        return 0

    def broken(connection: Connection, _: Event) -> int:
        connection.execute("select 1 / 0")
        return 0

    with pytest.raises(Exception, match="division by zero"):
        write_all(connection, [endless, broken, endless], 2)
