"""The task that plans the units of extraction."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import task

from dias_cbm_airflow.operators import names


@task(pool=names.DATABASE_POOL, execution_timeout=timedelta(minutes=15))
def plan_extraction(scenes: list[list[int]]) -> list[list[list[int | str]]]:
    """Plan the units of each scene in the ledger, season by season and tile by tile.

    :param scenes: ids in batches.
    :returns: units still to do, ``[season, obsid, tile]`` each, in batches of
        ``airflow.task_seconds`` or more.
    """
    from dias_cbm import ledger
    from dias_cbm.config.settings import settings
    from dias_cbm.pipeline import day
    from dias_cbm_airflow.operators.batches import batches
    from dias_cbm_airflow.operators.connections import open_database

    with open_database("plan_extraction") as database:
        units = day.plan(database, [scene_id for batch in scenes for scene_id in batch])
        seconds = ledger.seconds_of_units(database, units)
    return batches(
        [[unit.season, unit.obsid, unit.tile] for unit in units],
        seconds,
        settings().airflow.task_seconds,
    )
