"""The ledger: the state of every scene and every unit of extraction, with the reason.

A scene goes ``ingested -> ordered -> ready -> inprogress -> extracted``, or ends as ``no_parcels``,
``superseded`` or ``failed``. A unit of extraction is one scene over one tile of one season.
Functions do not commit unless they say so. All of them lock the scene before its units, so that
they cannot deadlock.
"""

from dias_cbm.ledger.expected import seconds_of_products, seconds_of_units
from dias_cbm.ledger.listing import FOUND, Upsert, upsert
from dias_cbm.ledger.rows import LedgerScene, change, get, reopen, restore, supersede
from dias_cbm.ledger.units import (
    Reset,
    Unit,
    claim,
    fail,
    finish,
    forget_season,
    parcels_version,
    plan_extractions,
    put_back,
    reset_season,
)

__all__ = [
    "FOUND",
    "LedgerScene",
    "Reset",
    "Unit",
    "Upsert",
    "change",
    "claim",
    "fail",
    "finish",
    "forget_season",
    "get",
    "parcels_version",
    "plan_extractions",
    "put_back",
    "reopen",
    "reset_season",
    "restore",
    "seconds_of_products",
    "seconds_of_units",
    "supersede",
    "upsert",
]
