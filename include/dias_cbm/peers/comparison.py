"""Comparison of a parcel with its peers: their band in every window, and where it leaves it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData
from dias_cbm.peers import sentences
from dias_cbm.peers.search import Peers
from dias_cbm.peers.windows import FEWEST_PEERS, Departure, Side, Window, departures, window_of
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season


class _Key(NamedTuple):
    card: str
    band: str
    direction: str


@dataclass(frozen=True, slots=True)
class Series:
    """One band in one orbit direction.

    :param direction: ``A``, ``D``, or ``*`` for Sentinel-2.
    :param windows: those in which the parcel or a peer has a value, in order of time.
    """

    card: str
    band: str
    direction: str
    windows: tuple[Window, ...]
    departures: tuple[Departure, ...]

    def count(self, side: Side | None) -> int:
        """Windows with the parcel on that side; None: those without a comparison."""
        return sum(one.side == side for one in self.windows)


@dataclass(frozen=True, slots=True)
class Band:
    """A parcel beside its peers.

    :param peers: number of peers.
    :param farthest: distance of the farthest, in metres.
    :param sentences: what was found, the longest departure first; at least one.
    :param remarks: what could not be compared, a sentence each.
    """

    season: str
    pid: str
    name: str
    peers: int
    farthest: float
    sentences: tuple[str, ...]
    remarks: tuple[str, ...]
    series: tuple[Series, ...]


def band(
    connection: Connection,
    season: Season,
    pid: str,
    peers: Peers,
    *,
    cards: Sequence[Card] | None = None,
    bands: Sequence[str] | None = None,
) -> Band:
    """Compare a parcel's five-day means with those of its peers.

    Radar is compared per orbit direction, in linear units; a direction is never mixed with another.

    :param peers: of :func:`dias_cbm.peers.find`.
    :param cards: only these; None: all.
    :param bands: only these; None: all.
    :raises NotEnoughData: there are no peers, or the season has no five-day means of these.
    """
    if not peers.peers:
        raise NotEnoughData(
            f"has no peer as asked for {sentences.within(peers.searched)}",
            subject=pid,
            hint=f"crop: {peers.name}",
        )
    values = _means(connection, season, [pid, *(one.pid for one in peers.peers)], cards)
    if bands:
        values = {key: found for key, found in values.items() if key.band in bands}
    if not values:
        raise NotEnoughData(_nothing(connection, season, cards, bands), subject=season.name)
    series = tuple(_series(season, key, values[key]) for key in sorted(values))
    return Band(
        season=season.name,
        pid=pid,
        name=peers.name,
        peers=len(peers.peers),
        farthest=peers.peers[-1].distance,
        sentences=_sentences(pid, peers, series),
        remarks=_remarks(peers, series),
        series=series,
    )


def _means(
    connection: Connection, season: Season, pids: Sequence[str], cards: Sequence[Card] | None
) -> Mapping[_Key, Mapping[int, NDArray[np.float32]]]:
    """Means by series and period, float32[parcels] in the order of the pids; NaN: none."""
    from dias_cbm.db.copy_codec import array_cursor

    places = _places(connection, season, pids)
    found: dict[_Key, dict[int, NDArray[np.float32]]] = defaultdict(dict)
    wanted = {
        "season": season.id,
        "blocks": sorted(places),
        "cards": None if not cards else [str(card) for card in cards],
    }
    # A server-side cursor: a block of a season has some megabytes.
    with array_cursor(connection, "peers", fetch=500) as cursor:
        for row in cursor.execute(query("peers/means"), wanted):
            numbers, positions = places[row.blk]
            there = positions < len(row.mean)
            picked = row.mean[positions[there]]
            if not np.isfinite(picked).any():
                continue
            windows = found[_Key(row.card, row.band, row.direction)]
            line = windows.setdefault(row.period, np.full(len(pids), np.nan, np.float32))
            line[numbers[there]] = picked
    return dict(found)


def _places(
    connection: Connection, season: Season, pids: Sequence[str]
) -> dict[int, tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Per block: numbers of its parcels among the pids, and their subscripts from 0."""
    number = {pid: place for place, pid in enumerate(pids)}
    rows: defaultdict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(
        query("peers/slots"), {"season": season.id, "pids": list(pids)}
    ).fetchall():
        rows[row.blk].append((number[row.pid], row.pos - 1))
    return {
        blk: (np.array([one for one, _ in some]), np.array([pos for _, pos in some]))
        for blk, some in rows.items()
    }


def _nothing(
    connection: Connection,
    season: Season,
    cards: Sequence[Card] | None,
    bands: Sequence[str] | None,
) -> str:
    row = connection.execute(query("peers/has_means"), {"season": season.id}).fetchone()
    if row is None or not row.has_means:
        return "has no five-day means yet"
    if cards or bands:
        asked = ", ".join([*map(str, cards or ()), *(bands or ())])
        return f"has no five-day means of {asked} for the parcel and its peers"
    return "has no five-day means of the parcel and its peers"


def _series(season: Season, key: _Key, means: Mapping[int, NDArray[np.float32]]) -> Series:
    windows = tuple(
        window_of(key.card, period, season.window(period), float(line[0]), line[1:])
        for period, line in sorted(means.items())
    )
    return Series(*key, windows=windows, departures=tuple(departures(*key, windows)))


def _sentences(pid: str, peers: Peers, series: Sequence[Series]) -> tuple[str, ...]:
    farthest = peers.peers[-1].distance
    if len(peers.peers) < FEWEST_PEERS:
        return (sentences.too_few(len(peers.peers), peers.name, farthest),)
    if all(window.values.own is None for one in series for window in one.windows):
        return (sentences.without_means(pid),)
    if all(window.side is None for one in series for window in one.windows):
        return (sentences.never_compared(pid),)
    # The longest departure of each series speaks for it.
    longest = [max(one.departures, key=lambda it: it.windows) for one in series if one.departures]
    longest.sort(key=lambda it: (-it.windows, it.card, it.band, it.direction))
    if not longest:
        return (sentences.never_departed(pid, len(peers.peers), peers.name, farthest),)
    return tuple(sentences.departed(one, peers.name, farthest) for one in longest)


def _remarks(peers: Peers, series: Sequence[Series]) -> tuple[str, ...]:
    windows = [window for one in series for window in one.windows]
    thin = sum(window.n < FEWEST_PEERS for window in windows)
    if thin and len(peers.peers) >= FEWEST_PEERS:
        return (sentences.few_with_values(thin, len(windows)),)
    return ()
