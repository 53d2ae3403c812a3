"""The schema of Airflow's database against the Airflow that is installed, which is not imported.

Its own check takes seconds of CPU, and a newer schema it does not know at all. The files of its
migrations name their revisions, as Alembic's do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dias_cbm.db.queries import query

_LINE = re.compile(r'^(down_revision|revision)(?:: str)? = "(\w+)"', re.MULTILINE)


class Schema(Enum):
    """How the schema of a database stands to an installed Airflow."""

    SAME = "same"
    OLDER = "older"
    NEWER = "newer"


def schema_of(connection: Any) -> Schema:
    """How Airflow's tables stand to the Airflow that is installed.

    :param connection: of psycopg, to Airflow's database.
    """
    import psycopg

    try:
        row = connection.execute(query("db/airflow_version")).fetchone()
    except psycopg.errors.UndefinedTable:
        return Schema.OLDER
    return place_of(row[0] if row else None, revisions())


def place_of(version: str | None, known: Mapping[str, str | None]) -> Schema:
    """The place of a version among revisions.

    :param known: revision -> the one before it.
    """
    if version is None or not known:
        return Schema.OLDER if version is None else Schema.SAME
    if version not in known:
        return Schema.NEWER
    return Schema.OLDER if version in known.values() else Schema.SAME


@cache
def revisions() -> dict[str, str | None]:
    """The revisions of the installed Airflow, each with the one before; empty without Airflow."""
    spec = find_spec("airflow")
    if spec is None or not spec.submodule_search_locations:
        return {}
    found: dict[str, str | None] = {}
    for folder in spec.submodule_search_locations:
        for file in Path(folder, "migrations", "versions").glob("*.py"):
            named = dict(_LINE.findall(file.read_text()))
            if "revision" in named:
                found[named["revision"]] = named.get("down_revision")
    return found
