"""Parcels by a statistic: those with an observation whose value lies in a range.

JRC's query API has it as ``parcelStatsPeers``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from itertools import groupby

import numpy as np

from dias_cbm.days import day_bounds
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import SettingsError
from dias_cbm.peers.selection import MOST_PEERS
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season


class Statistic(StrEnum):
    """Statistics of a signature that a parcel can be found by."""

    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    P25 = "p25"
    P50 = "p50"
    P75 = "p75"


def with_statistic(
    connection: Connection,
    season: Season,
    card: Card,
    band: str,
    between: tuple[float, float],
    days: tuple[date, date],
    *,
    statistic: Statistic = Statistic.MEAN,
    most: int = 100,
) -> tuple[str, ...]:
    """Find parcels with at least one observation whose statistic lies in a range.

    It reads block by block and stops when there are enough: the answer is the first parcels in the
    order of the season's blocks. Without a match it reads the band's blocks of those days once.

    :param between: lowest and highest value, both included, in the units of the signatures; they
        are compared as the stored ones are, in single precision.
    :param days: first and last day of observation in UTC, included; outside the season is nothing.
    :param most: at most so many parcels, up to 1,000.
    :returns: their identifiers.
    :raises SettingsError: a range is empty, or ``most`` is out of range.
    """
    with np.errstate(over="ignore"):
        low, high = np.float32(between[0]), np.float32(between[1])
    first, last = max(days[0], season.starts), min(days[1], season.ends)
    if not low <= high:
        raise SettingsError(f"{between[0]} to {between[1]} is empty", subject="values")
    if days[0] > days[1]:
        raise SettingsError(f"{days[0]} to {days[1]} is empty", subject="days")
    if not 1 <= most <= MOST_PEERS:
        raise SettingsError(f"{most} is out of range", subject="most", hint=f"1 to {MOST_PEERS:,}")
    if first > last:
        return ()
    found: list[str] = []
    for blk, positions in _matches(
        connection, season, card, band, (low, high), (first, last), statistic
    ):
        rows = connection.execute(
            query("peers/at_slots"),
            {"season": season.id, "blk": blk, "positions": positions},
        )
        found += [row.pid for row in rows]
        if len(found) >= most:
            break
    return tuple(found[:most])


def _matches(
    connection: Connection,
    season: Season,
    card: Card,
    band: str,
    between: tuple[np.float32, np.float32],
    days: tuple[date, date],
    statistic: Statistic,
) -> Iterator[tuple[int, list[int]]]:
    """Blocks with a match, and the positions from 1 of the parcels that match."""
    from dias_cbm.db.copy_codec import array_cursor

    start, end = day_bounds(*days)
    values = {
        "season": season.id, "card": str(card), "band": band, "statistic": str(statistic),
        "start": start, "end": end,
    }  # fmt: skip
    low, high = between
    with array_cursor(connection, "by_statistic", fetch=100) as cursor:
        rows = cursor.execute(query("peers/statistics"), values)
        for blk, scenes in groupby(rows, key=lambda row: row.blk):
            # NaN, for a parcel without a value, is in no range.
            inside = [np.flatnonzero((row.found >= low) & (row.found <= high)) for row in scenes]
            positions = np.unique(np.concatenate(inside)) + 1
            if positions.size:
                yield blk, positions.tolist()
