"""Gaps in the five-day means: windows of a season in which parcels have no observation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season


@dataclass(frozen=True, slots=True)
class MissingWindow:
    """A period without observation for some parcels, whatever the band and direction.

    :param starts: first day; ``ends`` is the first day after it.
    :param parcels: parcels without observation.
    :param of: parcels of the season.
    """

    card: Card
    period: int
    starts: date
    ends: date
    parcels: int
    of: int


def missing_windows(
    connection: Connection, season: Season, card: Card | str, until: date | None = None
) -> list[MissingWindow]:
    """The periods of a season in which a card has no mean for at least one parcel.

    They are reported, never filled: there is a mean only where something was observed.

    :param until: last day to look at, included; the season's last day if None.
    """
    card = Card(card)
    last = min(season.ends, until or season.ends)
    rows = connection.execute(
        query("completeness/missing_windows"),
        {
            "season": season.id,
            "card": card,
            "first": season.period(season.starts),
            "last": season.period(last),
        },
    )
    return [
        MissingWindow(card, row.period, *season.window(row.period), row.missing, row.parcels)
        for row in rows
    ]


def missing_periods(
    connection: Connection, season: Season, card: Card | str, pid: str
) -> list[int]:
    """The periods of a season in which a card has no mean for one parcel; all if it is unknown."""
    rows = connection.execute(
        query("completeness/missing_periods"),
        {
            "season": season.id,
            "card": Card(card),
            "pid": pid,
            "first": season.period(season.starts),
            "last": season.period(season.ends),
        },
    )
    return [row.period for row in rows]
