"""Names shared by the DAGs, their tasks and whoever sets Airflow up. Imports nothing of Airflow."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

#: Airflow connections. ``cbm_postgres`` is optional: the setting ``database.url`` stands in for it.
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

#: Pool -> (slots, what they stand for); to be created before the DAGs run.
POOLS: Mapping[str, tuple[int, str]] = {
    CATALOGUE_POOL: (4, "Requests to the platforms' catalogues at one time"),
    CARD_POOL: (4, "CARD products located, made or validated at one time"),
    DATABASE_POOL: (4, "Writers of signatures and means at one time"),
}

#: Five-day means of any card have changed.
MEANS_ASSET = "cbm://means"

OWNER = "cbm"

#: CARD families with a daily DAG, ``cbm_bs`` and so on.
CARDS = ("bs", "c6", "c12", "s2")

#: A mapped task has at most this many instances in a run; more items share an instance.
MAP_LIMIT = 199


def signatures_asset(card: str) -> str:
    """Name of the asset that says that signatures of a card have been extracted."""
    return f"cbm://signatures/{card}"


class Tag(StrEnum):
    """Every tag that a DAG may carry."""

    CBM = "cbm"
    SENTINEL_1 = "sentinel-1"
    SENTINEL_2 = "sentinel-2"
    SIGNATURES = "signatures"
    PARCELS = "parcels"
    GAPS = "gaps"
    OUTLIERS = "outliers"


def tags(*chosen: Tag) -> list[str]:
    """The tags of a DAG as Airflow stores them, ``cbm`` first."""
    return [tag.value for tag in (Tag.CBM, *chosen)]
