"""The task that gets scenes' CARD products ready."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import task

from operators import names

log = logging.getLogger(__name__)


@task(
    pool=names.CARD_POOL,
    execution_timeout=timedelta(hours=4),
    map_index_template="scene {{ task.op_kwargs['scenes'] | join(', ') }}",
)
def make_card(scenes: list[int]) -> list[dict[str, Any]]:
    """Make or locate, and validate, the CARD product of each scene.

    A product that cannot be used is written into the ledger and does not fail the task.

    :param scenes: ids; usually one.
    """
    from cbm.card.make import make_card as make
    from cbm.database import connect
    from cbm.storage import credentials_from
    from operators.connections import database_url, store_credentials

    outcomes = []
    with (
        credentials_from(store_credentials),
        connect(database_url(), application="airflow make_card") as connection,
    ):
        for scene_id in scenes:
            outcome = make(connection, scene_id)
            log.info("%s", outcome)
            outcomes.append({"scene": scene_id, "outcome": outcome.outcome})
    return outcomes
