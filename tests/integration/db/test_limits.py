"""Every connection to the database notices a server that is gone."""

from __future__ import annotations

import socket
import time

import psycopg
import pytest

from dias_cbm.db.connection import LIMITS, connect

pytestmark = pytest.mark.integration


def test_every_connection_has_a_connect_timeout_and_keepalives(database_url: str) -> None:
    with connect(database_url) as connection:
        given = connection.info.get_parameters()
    assert {name: str(value) for name, value in LIMITS.items()}.items() <= given.items()


def test_the_address_has_the_last_word(database_url: str) -> None:
    mark = "&" if "?" in database_url else "?"
    with connect(f"{database_url}{mark}keepalives_idle=7") as connection:
        assert connection.info.get_parameters()["keepalives_idle"] == "7"


def test_a_server_that_accepts_and_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        begun = time.monotonic()
        with pytest.raises(psycopg.OperationalError, match="timeout"):
            connect(f"postgresql://cbm@127.0.0.1:{port}/cbm?connect_timeout=2")
    assert time.monotonic() - begun < 10
