"""Roles of the database for one test, dropped at its end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg

from dias_cbm.db import roles
from dias_cbm.db.connection import connect


@contextmanager
def three_roles(database: str) -> Iterator[dict[str, str]]:
    """Owner, worker and reader of a database: role -> the address to connect as it."""
    prefix = f"cbm_test_{os.getpid()}"
    named = roles.names(prefix)
    with connect(database) as connection:
        roles.set_up(connection, dict.fromkeys(named, "geheim"), prefix)
    try:
        yield {role: as_user(database, name, "geheim") for role, name in named.items()}
    finally:
        with psycopg.connect(database, autocommit=True) as server:
            for name in named.values():
                server.execute(f"reassign owned by {name} to current_user")
                server.execute(f"drop owned by {name}")
                server.execute(f"drop role {name}")


def as_user(url: str, user: str, password: str) -> str:
    """An address with another login."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{place}"))
