"""Leases: a wait for a holder that hangs ends, and rows of the dead do not stay."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.lease import leased
from dias_cbm.errors import StillHeld

pytestmark = pytest.mark.integration
SOON = timedelta(seconds=0.3)


def test_the_wait_for_a_holder_that_hangs_has_an_end(connection: Connection, database: str) -> None:
    with (
        connect(database) as other,
        leased(other, "making a product", SOON),
        pytest.raises(StillHeld, match=r"still held after a wait of 0 min, by .+, process \d+"),
        leased(connection, "making a product", SOON),
    ):
        pytest.fail("it is held by two")
    with leased(connection, "making a product", SOON):
        pass


def test_leases_of_the_dead_are_removed_and_others_stay(connection: Connection) -> None:
    connection.execute(
        "insert into lease (name, holder, token, renewed_at) values"
        " ('dead', 'a host that is gone', gen_random_uuid(), now() - interval '25 hours'),"
        " ('late', 'a host that is away', gen_random_uuid(), now() - interval '1 hour')"
    )
    connection.commit()
    with leased(connection, "another", SOON):
        pass
    rows = connection.execute("select name from lease").fetchall()
    assert [row.name for row in rows] == ["late"]
