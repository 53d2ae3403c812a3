"""The task that plans what is to be extracted."""

from __future__ import annotations

import logging
from datetime import timedelta

from airflow.sdk import task

from dias_cbm_airflow.operators import names

log = logging.getLogger(__name__)


@task(pool=names.DATABASE_POOL, execution_timeout=timedelta(minutes=15))
def plan_extraction(scenes: list[list[int]]) -> list[list[list[int | str]]]:
    """Plan the units of each scene in the ledger, season by season and tile by tile.

    :param scenes: ids in batches.
    :returns: units still to be done, ``[season, obsid, tile]`` each, in batches.
    """
    from dias_cbm import ledger
    from dias_cbm.db.connection import transaction
    from dias_cbm_airflow.operators.batches import batches
    from dias_cbm_airflow.operators.connections import database_url

    units: list[list[int | str]] = []
    with transaction(database_url(), application="airflow plan_extraction") as connection:
        # In one order, so that two runs cannot lock each other out.
        for scene_id in sorted(scene_id for batch in scenes for scene_id in batch):
            planned = ledger.plan_extractions(connection, scene_id)
            log.info("scene %d: %d units to extract", scene_id, len(planned))
            units += [[unit.season, unit.obsid, unit.tile] for unit in planned]
    return batches(units)
