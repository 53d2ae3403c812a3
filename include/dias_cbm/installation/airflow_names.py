"""Names of Airflow's connections and pools."""

from __future__ import annotations

from collections.abc import Collection, Mapping

#: Connections. ``cbm_postgres`` is optional: the setting ``database.url`` stands in for it.
POSTGRES = "cbm_postgres"
SMTP = "cbm_smtp"
#: Address and account of a platform's catalogue, e.g. ``cbm_dias_cdse``; optional.
DIAS_PREFIX = "cbm_dias_"
#: Credentials of a platform's store, e.g. ``cbm_store_cdse``; optional like the database's.
STORE_PREFIX = "cbm_store_"

#: Pools for what is scarce.
CATALOGUE_POOL = "cbm_catalogue"
CARD_POOL = "cbm_card"
DATABASE_POOL = "cbm_database"

#: Pool -> (default slots, what they stand for); to be created before the DAGs run.
POOLS: Mapping[str, tuple[int, str]] = {
    CATALOGUE_POOL: (4, "Requests to the platforms' catalogues at one time"),
    CARD_POOL: (4, "CARD products located, made or validated at one time"),
    DATABASE_POOL: (4, "Writers of signatures and means at one time"),
}


def pools() -> dict[str, tuple[int, str]]:
    """The pools with the slots of the settings ``airflow.pool_...``."""
    from dias_cbm.config.settings import settings

    now = settings().airflow
    slots = {
        CATALOGUE_POOL: now.pool_catalogue,
        CARD_POOL: now.pool_card,
        DATABASE_POOL: now.pool_database,
    }
    return {name: (slots[name], about) for name, (_, about) in POOLS.items()}


def pools_to_set(there: Collection[str]) -> dict[str, tuple[int, str]]:
    """The pools that a start creates or changes: those that lack, or whose slots are a setting.

    All others are as the user has set them in Airflow.

    :param there: names of the pools that Airflow has.
    """
    from dias_cbm.config.settings import reading

    given = reading().origins
    return {
        name: pool
        for name, pool in pools().items()
        if name not in there or f"airflow.{name.replace('cbm_', 'pool_')}" in given
    }


def of_platform(prefix: str, platform: str) -> str:
    """The id of a platform's connection; a dash in its name becomes an underscore."""
    return prefix + platform.replace("-", "_")
