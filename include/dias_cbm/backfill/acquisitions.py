"""The acquisitions of some days, and the products that can be made from them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import shapely

from dias_cbm.cards import LONGEST_PAIR, PAIR_OF_CARD, PAIR_TOLERANCE, SOURCE_OF_CARD, Card
from dias_cbm.constellation import constellation
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.scenes import Scene
from dias_cbm.seasons import Season

#: A slice has up to two partners that overlap it.
_MOST_PARTNERS = 2


@dataclass(frozen=True, slots=True)
class Acquisition:
    """A level-1 scene, whichever platform lists it."""

    name: str
    satellite: str
    rel_orbit: int | None
    start: datetime
    footprint: shapely.Geometry
    size: int | None


def acquisitions(
    connection: Connection,
    season: Season,
    card: Card,
    start: datetime,
    end: datetime,
    listed: Iterable[Scene],
) -> list[Acquisition]:
    """The acquisitions that a card is made from, by ledger and catalogue; each once, by its name.

    :param start: sensing start of the first; where products are made of pairs, earlier ones that
        may be their partners are there too.
    :param listed: scenes that the catalogue lists, of any kind.
    """
    kind = SOURCE_OF_CARD[card]
    first = start - LONGEST_PAIR if card in PAIR_OF_CARD else start
    values = {"season": season.id, "kind": kind, "start": first, "end": end}
    found = {
        row.reference: Acquisition(
            row.reference,
            row.sensor,
            row.rel_orbit,
            row.obstime,
            shapely.from_wkb(row.footprint),
            row.size,
        )
        for row in connection.execute(query("backfill/acquisitions"), values)
    }
    for scene in listed:
        if scene.kind is kind and scene.footprint is not None and first <= scene.start < end:
            one = Acquisition(
                scene.name,
                scene.satellite,
                scene.rel_orbit,
                scene.start,
                scene.footprint,
                scene.size,
            )
            found.setdefault(scene.name, one)
    return sorted(found.values(), key=lambda one: (one.start, one.name))


def products_of(card: Card, found: Sequence[Acquisition], start: datetime) -> int:
    """How many products can be made from acquisitions from ``start`` on.

    :param found: sorted by their start.
    """
    later = [one for one in found if one.start >= start]
    if card not in PAIR_OF_CARD:
        return len(later)
    return sum(min(_MOST_PARTNERS, len(list(_partners(card, one, found)))) for one in later)


def _partners(
    card: Card, later: Acquisition, found: Sequence[Acquisition]
) -> Iterator[Acquisition]:
    """Acquisitions of the same orbit, a pair's time earlier, over common ground."""
    pair, six = PAIR_OF_CARD[card], PAIR_OF_CARD[Card.C6]
    if constellation().six_days(later.satellite, later.start - six) != (pair == six):
        return
    at = later.start - pair
    first = bisect_left(found, at - PAIR_TOLERANCE, key=lambda one: one.start)
    for one in found[first:]:
        if one.start > at + PAIR_TOLERANCE:
            return
        if one.rel_orbit == later.rel_orbit and shapely.intersects(one.footprint, later.footprint):
            yield one
