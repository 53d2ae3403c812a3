"""Five-day means in the database: find the windows, average them, write the means."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from dias_cbm.averages.mean import ALL, BlockMean, block_means
from dias_cbm.days import midnight
from dias_cbm.db.connection import Connection, connect_like
from dias_cbm.db.copy_codec import array_cursor, copy_rows
from dias_cbm.db.locks import hold_named
from dias_cbm.db.queries import query
from dias_cbm.errors import SeasonError
from dias_cbm.scenes import Card
from dias_cbm.seasons import Season, all_seasons

log = logging.getLogger(__name__)

_TABLE = "five_day_mean_block"
MEAN_COLUMNS = {
    "season": "smallint",
    "card": "text",
    "period": "smallint",
    "blk": "integer",
    "band": "text",
    "direction": "text",
    "mean": "real[]",
    "n": "smallint[]",
}

# Blocks fetched at a time: 4 MB of means if a window has ten observations.
_FETCH = 100


@dataclass(frozen=True, slots=True)
class MeansReport:
    """Result of an update.

    :param periods: windows recomputed, in order.
    :param blocks: block rows written.
    :param means: parcel means written, over all directions together (``*``).
    :param seconds: wall time.
    """

    periods: list[int]
    blocks: int
    means: int
    seconds: float


def update(
    connection: Connection,
    season: int,
    card: str,
    obsids: Collection[int] | None = None,
    periods: Collection[int] | None = None,
    *,
    workers: int = 1,
) -> MeansReport:
    """Recompute five-day means, each affected window as a whole, and commit window by window.

    A window's means are replaced in one transaction under a lock of that window, so that two tasks
    whose scenes share it cannot leave each other's scene out. Running it again changes nothing.

    :param season: id of the season; its epoch and step cut the windows, which are half-open in UTC.
    :param card: ``bs``, ``c6``, ``c12`` or ``s2``.
    :param obsids: scenes whose signatures were added, changed or removed: only their windows and
        the blocks of their tiles are recomputed, also those of the scenes that they superseded.
    :param periods: windows to recompute for all blocks; with neither, all of the season.
    :param workers: windows at a time, each on its own connection if there are several. PostgreSQL
        takes most of the time, so two workers finish a whole season in nearly half the time.
    :raises SeasonError: there is no such season.
    """
    started = time.perf_counter()
    card = str(Card(card))
    cut = _season(connection, season)
    blocks: list[int] | None = None
    if periods is not None:
        windows = sorted(set(periods))
    elif obsids is not None:
        windows, blocks = _touched(connection, cut, card, list(obsids))
    else:
        windows = list(range(cut.period(cut.starts), cut.period(cut.ends) + 1))
    connection.commit()
    parts = [windows[first::workers] for first in range(min(workers, len(windows)))]
    if len(parts) > 1:
        with ThreadPoolExecutor(len(parts)) as pool:
            done = list(pool.map(partial(_exchange_apart, connection, cut, card, blocks), parts))
    else:
        done = [_exchange_all(connection, cut, card, blocks, part) for part in parts]
    rows, means = sum(part[0] for part in done), sum(part[1] for part in done)
    seconds = time.perf_counter() - started
    log.info("season %s %s: %s windows, %s means", season, card, len(windows), means)
    return MeansReport(windows, rows, means, seconds)


def _season(connection: Connection, season_id: int) -> Season:
    for season in all_seasons(connection):
        if season.id == season_id:
            return season
    raise SeasonError("no such season", subject=f"season {season_id}")


def _touched(
    connection: Connection, season: Season, card: str, obsids: list[int]
) -> tuple[list[int], list[int]]:
    values = {"season": season.id, "card": card, "obsids": obsids}
    days = [row.day for row in connection.execute(query("averages/touched_days"), values)]
    blocks = connection.execute(query("averages/touched_blocks"), values)
    periods = {season.period(day) for day in days if season.starts <= day <= season.ends}
    return sorted(periods), sorted(row.blk for row in blocks)


def _exchange_apart(
    like: Connection, season: Season, card: str, blocks: list[int] | None, windows: list[int]
) -> tuple[int, int]:
    """Exchange windows on a separate connection to the same database."""
    with connect_like(like, application="cbm averages") as own:
        return _exchange_all(own, season, card, blocks, windows)


def _exchange_all(
    connection: Connection,
    season: Season,
    card: str,
    blocks: list[int] | None,
    windows: list[int],
) -> tuple[int, int]:
    """Exchange windows one after the other; return the rows and means written."""
    rows = means = 0
    for period in windows:
        with connection.transaction():
            written = _exchange(connection, season, card, period, blocks)
        rows += len(written)
        means += sum(row.known for row in written if row.direction == ALL)
    return rows, means


def _exchange(
    connection: Connection, season: Season, card: str, period: int, blocks: list[int] | None
) -> list[BlockMean]:
    first, after = season.window(period)
    values: dict[str, Any] = {
        "season": season.id,
        "card": card,
        "period": period,
        "blocks": blocks,
        "start": midnight(first),
        "end": midnight(after),
    }
    # Lock before reading: we see what another task has committed, and later ones wait for us.
    hold_named(connection, f"{_TABLE}/{season.id}/{card}/{period}")
    with array_cursor(connection, "window", fetch=_FETCH) as cursor:
        cursor.execute(query("averages/signatures"), values)
        means = block_means(cursor, by_direction=card != Card.S2)
    connection.execute(query("averages/delete"), values)
    rows = (
        (season.id, card, period, row.blk, row.band, row.direction, row.mean, row.n)
        for row in means
    )
    copy_rows(connection, _TABLE, MEAN_COLUMNS, rows)
    return means
