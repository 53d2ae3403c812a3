"""Planning of products to be made here: ledger rows for acquisitions without a product."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import shapely

from dias_cbm import ledger
from dias_cbm.card.availability import absent
from dias_cbm.card.pairs import share_polarisation
from dias_cbm.card.product_names import reference_of
from dias_cbm.cards import CARDS, LONGEST_PAIR, PAIR_OF_CARD, PAIR_TOLERANCE, Card
from dias_cbm.config.platforms import MADE
from dias_cbm.config.settings import settings
from dias_cbm.constellation import constellation
from dias_cbm.db.connection import Connection
from dias_cbm.db.one_of_many import one_of_many
from dias_cbm.db.queries import query
from dias_cbm.errors import StateConflict
from dias_cbm.scenes import Cause, Scene, Status

log = logging.getLogger(__name__)

#: Least overlap of a pair, as a share of the later slice: half a burst of nine is too little.
_LEAST_COMMON = 0.05

_DONE = (Status.READY, Status.INPROGRESS, Status.EXTRACTED, Status.NO_PARCELS)


def plan_products(
    connection: Connection,
    card: Card | str,
    start: datetime,
    end: datetime,
    now: datetime | None = None,
) -> list[int]:
    """Add the products that an engine is to make from acquisitions of a window to the ledger.

    If ``ready`` is among the engines of a card, the platform first gets its usual time to publish
    its own product. A coherence pair is six days apart, or twelve where the constellation has
    no six. An acquisition without a partner is planned when the partner appears, and one that is
    offline when it is online again, unless the product may be ordered. Where the catalogue does
    not say what is offline, the store is asked. Running it again adds nothing. A product that
    cannot be planned is logged with its error, and does not keep the others from being planned.

    It does not commit the rows it adds, but may commit what was done before it.

    :param start: sensing start of the acquisition, of a pair also of the earlier one; aware UTC.
    :param now: replaces the current time.
    :returns: ids of the rows entered now that can be made; none where the only engine is ``ready``.
        A pair without a common polarisation is entered too, as failed, with its reason.
    :raises SettingsError: an engine that does not exist.
    """
    card = Card(card)
    engines = settings().engines(card)
    if engines == ("ready",):
        return []
    now = now or datetime.now(UTC)
    pair = CARDS[card].pair
    values: dict[str, Any] = {
        "card": card,
        "source": CARDS[card].source,
        "start": start,
        # An acquisition that appears late may be the earlier one of a pair.
        "end": end + (LONGEST_PAIR if pair else timedelta(0)),
        "before": now - settings().latency(card) if "ready" in engines else now,
        # A platform makes ordered products from its own archive.
        "offline": "order" in engines,
        "made": MADE,
    }
    rows = _pairs(connection, pair, values) if pair else _single(connection, values)
    if not values["offline"]:
        rows = _within_reach(connection, rows)
    planned = []
    for row in rows:
        with one_of_many(connection, f"{card} of {row.reference}", log):
            scene_id = _enter(connection, card, row)
            if _can_be_made(connection, scene_id, row):
                planned.append(scene_id)
    _settle(connection, values)
    if planned:
        log.info("%d products of %s to make", len(planned), card)
    return planned


def _single(connection: Connection, values: dict[str, Any]) -> list[Any]:
    return list(connection.execute(query("card/without_product"), values).fetchall())


def _pairs(connection: Connection, pair: timedelta, values: dict[str, Any]) -> list[Any]:
    """Pairs that can be made: twelve-day ones only where the constellation has no six-day one."""
    values = values | {"apart": pair, "tolerance": PAIR_TOLERANCE, "least": _LEAST_COMMON}
    rows = connection.execute(query("card/pairs"), values).fetchall()
    six = PAIR_OF_CARD[Card.C6]
    return [
        row
        for row in rows
        if constellation().six_days(row.sensor, row.obstime - six) == (pair == six)
    ]


def _within_reach(connection: Connection, rows: list[Any]) -> list[Any]:
    """The products whose acquisitions are all available."""
    away = absent(connection, {source for row in rows for source in _sources(row).values()})
    return [row for row in rows if away.isdisjoint(_sources(row).values())]


def _sources(row: Any) -> dict[str, int]:
    """The acquisitions of a product that could be made, by role."""
    secondary = getattr(row, "secondary", None)
    return {"reference": row.id} | ({"secondary": secondary} if secondary else {})


def _enter(connection: Connection, card: Card, row: Any) -> int:
    secondary = getattr(row, "secondary_reference", None)
    reference = reference_of(card, row.reference, secondary)
    entered = ledger.upsert(
        connection,
        [
            Scene(
                platform=MADE,
                product_id=f"{card}:{row.reference}" + (f":{secondary}" if secondary else ""),
                name=reference,
                kind=CARDS[card].kind,
                satellite=row.sensor,
                start=row.obstime,
                end=row.endtime,
                footprint=shapely.from_wkb(row.footprint),
                abs_orbit=row.abs_orbit,
                rel_orbit=row.rel_orbit,
                direction=row.direction,
                datatake=row.datatake,
                slice=row.slice,
                tile=row.tile,
                timeliness=row.timeliness,
            )
        ],
    )
    (scene_id,) = [*entered.new, *entered.known, *entered.changed, *entered.quarantined]
    for role, source in _sources(row).items():
        connection.execute(
            query("card/link_sources"), {"card": scene_id, "source": source, "role": role}
        )
    return scene_id


def _can_be_made(connection: Connection, scene_id: int, row: Any) -> bool:
    """Whether a product can be made of its acquisitions, by their names; else it is set aside."""
    secondary = getattr(row, "secondary_reference", None)
    if secondary is None or share_polarisation(row.reference, secondary):
        return True
    ledger.change(
        connection,
        scene_id,
        expected=Status.INGESTED,
        to=Status.FAILED,
        cause=Cause.CARD_FAILED,
        reason=f"{row.reference} and {secondary} share no polarisation",
        # Another try would change nothing.
        attempts=settings().extraction.attempts,
    )
    return False


def _settle(connection: Connection, values: dict[str, Any]) -> None:
    """Resolve products that a platform published after all: keep ours if done, else theirs."""
    for row in connection.execute(query("card/same_product"), values).fetchall():
        done = Status(row.our_status) in _DONE
        loser, winner = (row.listed, row.ours) if done else (row.ours, row.listed)
        with one_of_many(connection, f"scene {loser}, superseded by {winner}", log):
            try:
                ledger.supersede(connection, loser, winner)
            except StateConflict as error:
                log.info("%s", error)
