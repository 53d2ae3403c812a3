"""Names shared by the DAGs, their tasks and the set-up of Airflow. Imports nothing of Airflow."""

from __future__ import annotations

from enum import StrEnum

from dias_cbm.cards import Card
from dias_cbm.installation.airflow_names import (
    CARD_POOL,
    CATALOGUE_POOL,
    DATABASE_POOL,
    DIAS_PREFIX,
    POOLS,
    POSTGRES,
    SMTP,
    STORE_PREFIX,
)

__all__ = [
    "CARDS",
    "CARD_POOL",
    "CATALOGUE_POOL",
    "DATABASE_POOL",
    "DIAS_PREFIX",
    "MAP_LIMIT",
    "MARKERS_ASSET",
    "MEANS_ASSET",
    "OWNER",
    "POOLS",
    "POSTGRES",
    "SMTP",
    "STORE_PREFIX",
    "Tag",
    "signatures_asset",
    "tags",
]

#: Asset: five-day means of any card have changed.
MEANS_ASSET = "cbm://means"

#: Asset: answers of markers have changed.
MARKERS_ASSET = "cbm://markers"

OWNER = "cbm"

#: CARD families with a daily DAG, ``cbm_bs`` and so on.
CARDS = tuple(card.value for card in Card)

#: A mapped task has at most this many instances in a run; more items share an instance.
MAP_LIMIT = 199


def signatures_asset(card: str) -> str:
    """Name of the asset that is updated when signatures of a card have been extracted."""
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
    MARKERS = "markers"
    RULES = "rules"


def tags(*chosen: Tag) -> list[str]:
    """The tags of a DAG as Airflow stores them, ``cbm`` first."""
    return [tag.value for tag in (Tag.CBM, *chosen)]
