"""CARD products and the level-1 acquisitions that they were made from."""

from __future__ import annotations

from datetime import UTC, date, datetime

from dias_cbm.cards import LONGEST_PAIR
from dias_cbm.days import midnight
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.scenes import parse_name


def complete(connection: Connection, start: datetime, end: datetime) -> int:
    """Give coherence products of a window the orbit that their platform does not tell.

    Their names do not tell it either: it is that of the acquisition that was sensed with them, once
    the ledger has it. Does not commit.

    :returns: products that have an orbit now.
    """
    window = {"start": start, "end": end}
    return connection.execute(query("catalogue/source_coherence_orbit"), window).rowcount


def link(connection: Connection, start: datetime, end: datetime) -> int:
    """Link what was sensed in a window and is not linked yet; does not commit.

    CARD-BS by its name, CARD-2A by sensing time, tile and ground, coherence by the two days and the
    relative orbit. An acquisition that is not in the ledger leaves its product without a link.

    :returns: links made now.
    """
    window = {"start": start, "end": end}
    made = connection.execute(query("catalogue/source_backscatter"), window).rowcount
    made += connection.execute(query("catalogue/source_sentinel2"), window).rowcount
    # An acquisition listed now may be the earlier one of a product that was listed before it.
    window["end"] = end + LONGEST_PAIR
    for card in connection.execute(query("catalogue/source_coherence_open"), window).fetchall():
        for role, day in _days(card.reference, card.obstime, card.endtime).items():
            values = {"card": card.id, "role": role, "day": midnight(day)}
            made += connection.execute(query("catalogue/source_coherence"), values).rowcount
    return made


def _days(reference: str, obstime: datetime, endtime: datetime) -> dict[str, date]:
    """The days of a coherence pair: that of its sensing time, and the other one if it is told."""
    fields = parse_name(reference)
    told = [fields[key] for key in ("first", "second") if key in fields]
    days = {datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date() for text in told}
    own = obstime.date()
    others = sorted((days | {endtime.date()}) - {own})
    return {"reference": own} | ({"secondary": others[0]} if others else {})
