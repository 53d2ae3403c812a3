"""SQL queries of the repository's folder ``sql/``, read as package data."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

SQL = files("dias_cbm") / "sql"


@cache
def query(name: str) -> str:
    """The text of ``sql/queries/NAME.sql``, e.g. ``query("ledger/get")``."""
    return (SQL / "queries" / f"{name}.sql").read_text()
