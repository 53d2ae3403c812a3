"""Reading ahead on a connection of its own."""

from __future__ import annotations

import pytest

from dias_cbm.db.connection import connect
from dias_cbm.db.read_ahead import read_ahead

pytestmark = pytest.mark.integration


def test_the_reader_may_stand_still_as_long_as_who_works_on_what_it_read(database: str) -> None:
    limit = "show idle_in_transaction_session_timeout"
    with connect(database) as connection:
        found = read_ahead(connection, lambda own: iter(own.execute(limit)), application="test")
        assert [one[0] for one in found] == ["4h"]
