"""Links from CARD products to the level-1 acquisitions that they were made from."""

from __future__ import annotations

from datetime import UTC, date, datetime

from dias_cbm.cards import LONGEST_PAIR
from dias_cbm.days import midnight
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.scenes import parse_name


def complete(connection: Connection, start: datetime, end: datetime) -> int:
    """Fill in the orbit of coherence products in a window where the platform lists none.

    Their names do not contain it either. It is copied from the acquisition that was sensed at the
    same time, once that is in the ledger. Does not commit.

    :returns: number of products that have an orbit now.
    """
    window = {"start": start, "end": end}
    return connection.execute(query("catalogue/source_coherence_orbit"), window).rowcount


def link(connection: Connection, start: datetime, end: datetime) -> int:
    """Link products of a window that are not linked yet; does not commit.

    CARD-BS is matched by name, CARD-2A by sensing time, tile and footprint, coherence by the two
    days and the relative orbit. A product whose acquisition is not in the ledger gets no link.

    :returns: number of new links.
    """
    window = {"start": start, "end": end}
    made = connection.execute(query("catalogue/source_backscatter"), window).rowcount
    made += connection.execute(query("catalogue/source_sentinel2"), window).rowcount
    # A newly listed acquisition may be the earlier one of a product that is already in the ledger.
    window["end"] = end + LONGEST_PAIR
    for card in connection.execute(query("catalogue/source_coherence_open"), window).fetchall():
        for role, day in _days(card.reference, card.obstime, card.endtime).items():
            values = {"card": card.id, "role": role, "day": midnight(day)}
            made += connection.execute(query("catalogue/source_coherence"), values).rowcount
    return made


def _days(reference: str, obstime: datetime, endtime: datetime) -> dict[str, date]:
    """The days of a coherence pair: the one of its sensing time, and the other one if named."""
    fields = parse_name(reference)
    named = [fields[key] for key in ("first", "second") if key in fields]
    days = {datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date() for text in named}
    own = obstime.date()
    others = sorted((days | {endtime.date()}) - {own})
    return {"reference": own} | ({"secondary": others[0]} if others else {})
