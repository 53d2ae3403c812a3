"""Supersession: select one of several ledger rows of the same acquisition."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

import shapely

from dias_cbm import ledger
from dias_cbm.catalogue.cross_platform import Row, copies
from dias_cbm.catalogue.duplicates import superseded
from dias_cbm.config.platforms import MADE
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.locks import Lock
from dias_cbm.db.queries import query
from dias_cbm.known_bad import why_bad
from dias_cbm.scenes import Kind, Scene, Status, explained

log = logging.getLogger(__name__)


def lock(connection: Connection) -> None:
    """Lock the entering of listings until the transaction ends.

    One lock for all platforms: what one lists may supersede what another lists.
    """
    connection.execute("select pg_advisory_xact_lock(%s)", (Lock.SUPERSESSION,))


def settle(connection: Connection, ids: Collection[int]) -> int:
    """Supersede the rows that have a better product; does not commit.

    Of one product on two platforms one row is processed, and the other one is its fallback. When a
    winner is unavailable because it was deleted, is corrupt or has failed too often, the scenes
    that it had superseded are restored.

    :param ids: rows that are new or have changed; their competitors are found here.
    :returns: number of rows superseded.
    """
    exhausted = _bring_back(connection, ids)
    touched = [*ids, *(row.id for row in exhausted)]
    values = {"ids": touched, "made": MADE}
    rows = connection.execute(query("catalogue/rivals"), values).fetchall()
    platforms = settings().search_chain()
    pairs = [
        (loser.id, winner.id, f"the same product on {winner.platform}")
        for loser, winner in copies(map(_row, rows), platforms)
    ]
    out = {loser for loser, _, _ in pairs}
    fit = [row for row in rows if row.id not in out]
    reasons = {row.winner: explained(row.cause, row.reason) for row in exhausted}
    id_of = {(row.platform, row.product_id): row.id for row in fit}
    unfit = {row.product_id for row in fit if row.status == Status.FAILED}
    bad = {row.product_id: line for row in fit if (line := why_bad([row.reference]))}
    for loser, winner in superseded(map(_rival, fit), unfit, bad):
        loser_id = id_of[loser.platform, loser.product_id]
        winner_id = id_of[winner.platform, winner.product_id]
        known = bad.get(loser.product_id)
        pairs.append((loser_id, winner_id, f"known to be bad: {known}" if known else ""))
    for loser_id, winner_id, why in pairs:
        why = reasons.get(loser_id, why)
        log.info("scene %d is superseded by scene %d %s", loser_id, winner_id, why)
        ledger.supersede(connection, loser_id, winner_id, why)
    return len(pairs)


def _bring_back(connection: Connection, ids: Collection[int]) -> list[Any]:
    """Restore the losers of winners that are unavailable."""
    values = {
        "ids": list(ids),
        "max_attempts": settings().extraction.attempts,
    }
    exhausted = connection.execute(query("catalogue/exhausted"), values).fetchall()
    for row in exhausted:
        why = explained(row.cause, row.reason)
        log.info("scene %d is restored: scene %d is unavailable: %s", row.id, row.winner, why)
        ledger.restore(connection, row.id, f"restored in place of scene {row.winner}: {why}")
    return exhausted


def _row(row: Any) -> Row:
    return Row(
        row.id,
        row.platform,
        row.reference,
        Kind(row.kind),
        Status(row.status),
        row.published,
    )


def _rival(row: Any) -> Scene:
    return Scene(
        platform=row.platform,
        product_id=row.product_id,
        name=row.reference,
        kind=Kind(row.kind),
        satellite=row.sensor,
        start=row.obstime,
        end=row.endtime,
        published=row.published,
        footprint=shapely.from_wkb(row.footprint),
        rel_orbit=row.rel_orbit,
        datatake=row.datatake,
        tile=row.tile,
        baseline=row.baseline,
        timeliness=row.timeliness,
    )
