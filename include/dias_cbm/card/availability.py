"""Availability of acquisitions: asks the store where the catalogue does not know."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import SettingsError, StoreDown, StoreError, Throttled
from dias_cbm.storage import Store, open_chain
from dias_cbm.transport import outages
from dias_cbm.transport.outages import Service

log = logging.getLogger(__name__)


def absent(connection: Connection, ids: Collection[int]) -> set[int]:
    """The acquisitions missing from their store, where the catalogue does not say what is online.

    If a store does not answer or cannot be opened, its acquisitions count as present, and so does
    one that the store gives an error for: the attempt to fetch it then reports the error. Commits
    before it asks a store.

    :param ids: of level-1 acquisitions in the ledger.
    """
    unknown = connection.execute(query("card/availability_unknown"), {"ids": list(ids)}).fetchall()
    asked = {
        platform: list(rows)
        for platform, rows in groupby(unknown, key=lambda row: row.platform)
        if not outages.current(connection, platform, Service.STORE)
    }
    if not asked:
        return set()
    connection.commit()  # no transaction stays open while waiting for a store
    return {row.id for platform, rows in asked.items() for row in _missing(platform, rows)}


def _missing(platform: str, rows: Sequence[Any]) -> list[Any]:
    missing = []
    try:
        store = open_chain(platform)
        for row in rows:
            if not _held(store, row):
                log.info("%s: listed, but not in the store of %s", row.reference, platform)
                missing.append(row)
    except (StoreDown, Throttled, SettingsError) as error:
        log.warning("%s: cannot list what its store holds: %s", platform, error)
    except Exception:
        log.exception("%s: cannot list what its store holds", platform)
    return missing


def _held(store: Store, row: Any) -> bool:
    """Whether the store holds an acquisition; True if only this one cannot be asked for."""
    try:
        return store.exists(row.location)
    except (StoreDown, Throttled):
        raise
    except StoreError as error:
        log.warning("%s: not known whether the store holds it: %s", row.reference, error)
    except Exception:
        log.exception("%s: not known whether the store holds it", row.reference)
    return True
