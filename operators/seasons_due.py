"""The seasons that a task is to work on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dias_cbm.db.connection import Connection

log = logging.getLogger(__name__)


def seasons_due(
    task: str, context: Mapping[str, Any], is_due: Callable[[Connection, int], bool]
) -> list[str]:
    """Names of seasons: the one asked for by the Param ``season``, or all; of these, those due.

    A run started by hand, or with the Param ``force``, takes them whether due or not.

    :param task: name of the task, for the database.
    :param is_due: tells it of a season, by its id.
    """
    from dias_cbm import seasons
    from dias_cbm_airflow.operators.connections import open_database

    params = context["params"]
    asked = params["force"] or context["dag_run"].run_type == "manual"
    with open_database(task) as connection:
        if params["season"]:
            candidates = [seasons.get(connection, params["season"])]
        else:
            candidates = seasons.all_seasons(connection)
        due = [one.name for one in candidates if asked or is_due(connection, one.id)]
    log.info("due: %s", ", ".join(due) or "none")
    return due
