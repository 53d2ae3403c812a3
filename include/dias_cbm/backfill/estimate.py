"""The estimate of a backfill: days, passes, bytes, records, hours, disk and cost."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import psycopg
import shapely

from dias_cbm.backfill.acquisitions import acquisitions, products_of
from dias_cbm.backfill.costs import Demand, Making, Way, ways
from dias_cbm.completeness.causes import CARD_NAME
from dias_cbm.completeness.expected import expected_passes
from dias_cbm.completeness.scene_tiles import load
from dias_cbm.config.platforms import MADE
from dias_cbm.config.settings import settings
from dias_cbm.days import day_bounds, midnight
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import SeasonError
from dias_cbm.scenes import KIND_OF_CARD, Card, Scene
from dias_cbm.seasons import Season

#: Disk that one record takes with its keys, in blocks; docs/tables.md says how that was measured.
BYTES_PER_RECORD = 33.7

_DAY = timedelta(days=1)
_DONE = ("extracted", "no_parcels", "superseded")
_POLARISATIONS = 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a backfill of one card over some days would do.

    :param days: days of observation, ``closed`` of which have been run.
    :param expected: passes over tiles, predicted from those seen.
    :param scenes: products listed in ledger and catalogue, superseded ones left out.
    :param todo: of these, products that are not extracted yet.
    :param size: bytes of the products to do, of those whose size is known (``sized``).
    :param units: scene and tile pairs to extract.
    :param records: parcel x band values that they can have at most.
    :param seconds: of one worker, for the extraction alone; None when nothing was measured yet.
    :param measured: extractions that ``seconds`` was measured on.
    :param disk_free: bytes; None where the database's disk cannot be seen from here.
    :param replaced: superseded products whose signatures a better one will replace.
    :param replaced_records: records of these.
    :param acquisitions: level-1 scenes of these days, listed in ledger and catalogue.
    :param ways: to get the products, with their cost.
    """

    season: str
    card: Card
    first: date
    last: date
    days: int
    closed: int
    expected: int
    scenes: int
    todo: int
    size: int
    sized: int
    units: int
    records: int
    seconds: float | None
    measured: int
    disk_free: int | None
    replaced: int
    replaced_records: int
    acquisitions: int = 0
    ways: tuple[Way, ...] = ()

    @property
    def disk_needed(self) -> int:
        """Bytes that the records take."""
        return round(self.records * BYTES_PER_RECORD)

    @property
    def fits(self) -> bool:
        """Whether the disk has enough space, as far as is known."""
        return self.disk_free is None or self.disk_needed < self.disk_free

    def lines(self, workers: int = 1) -> list[str]:
        """The estimate as text.

        :param workers: days that are processed at the same time.
        """
        hours = "not measured in this installation yet"
        if self.seconds is not None:
            total = self.seconds / 3600
            hours = (
                f"{total:.1f} h of one worker, {total / workers:.1f} h with {workers} at a time"
                f" (measured on {self.measured}; making or fetching products not included)"
            )
        free = "not visible from here" if self.disk_free is None else _bytes(self.disk_free)
        size = _bytes(self.size) if self.sized else "size not known"
        unsized = self.todo - self.sized
        size += f", and {unsized} of unknown size" if self.sized and unsized else ""
        return [
            f"{CARD_NAME[self.card]} of season {self.season}, {self.first} to {self.last}",
            f"  days             {self.days}, of which {self.closed} have been run",
            f"  expected passes  {self.expected} over tiles, predicted from those seen",
            f"  products listed  {self.scenes}, of which {self.todo} are to do ({size})",
            f"  extractions      {self.units} (product x tile)",
            f"  records          {self.records} at most",
            f"  time             {hours}",
            f"  disk             {_bytes(self.disk_needed)} needed, {free} free",
            *self._comparison(),
        ]

    def _comparison(self) -> list[str]:
        """What the ways to the products cost, where there is anything to get."""
        if not self.acquisitions:
            return ["  acquisitions     0"]
        return [
            f"  acquisitions     {self.acquisitions}; getting what is to do from them, by engine:",
            *(f"    {way.engine:<15}{way.text()}" for way in self.ways),
        ]

    def replaces(self) -> str:
        """A sentence on what running days again replaces, and why."""
        return (
            f"runs {self.closed} days again: asks the catalogue again and does what is missing."
            f" What is extracted stays, except for {self.replaced} products that a better one has"
            f" superseded: their {self.replaced_records} records are replaced"
        )


@dataclass(frozen=True, slots=True)
class _Item:
    footprint: shapely.Geometry
    tile: str | None
    size: int | None


def estimate(
    connection: Connection,
    season: Season,
    card: Card,
    first: date,
    last: date,
    listed: Sequence[Scene] = (),
) -> Estimate:
    """Estimate a backfill. Writes nothing.

    :param first: first day of observation (UTC); ``last`` is included.
    :param listed: scenes that the catalogue lists now, of any kind, whether in the ledger or not.
    :raises SeasonError: the days are not days of the season.
    """
    if not season.starts <= first <= last <= season.ends:
        raise SeasonError(
            f"{first} to {last} are not days of the season",
            subject=season.name,
            hint=f"it observes from {season.starts} to {season.ends}",
        )
    start, end = day_bounds(first, last)
    window = {"season": season.id, "card": card, "start": start, "end": end}
    rows = connection.execute(query("backfill/scenes"), window).fetchall()
    in_force = [row for row in rows if row.status != "superseded"]
    items = list(_to_do(rows, card, listed, window))
    units, parcels = _extractions(connection, season, items)
    measured: Any = connection.execute(query("backfill/measured"), window).fetchone()
    better = [row for row in rows if row.status == "superseded" and row.winner_status not in _DONE]
    replaced = [row for row in better if row.records]
    new = len(items) - sum(row.status not in _DONE for row in rows)
    days = {"season": season.id, "card": card, "first": first, "last": last}
    closed: Any = connection.execute(query("backfill/days_run"), days).fetchone()
    demand = _demand(connection, season, card, window, listed, rows, len(items))
    return Estimate(
        season=season.name,
        card=card,
        first=first,
        last=last,
        days=(last - first).days + 1,
        closed=closed.days,
        expected=_expected(connection, season, card, first, last),
        scenes=len(in_force) + new,
        todo=len(items),
        size=sum(item.size or 0 for item in items),
        sized=sum(item.size is not None for item in items),
        units=units,
        records=parcels * (measured.bands or _bands(card)),
        seconds=units * measured.seconds if measured.units else None,
        measured=measured.units,
        disk_free=_disk_free(connection),
        replaced=len(replaced),
        replaced_records=sum(row.records for row in replaced),
        acquisitions=demand.acquisitions,
        ways=ways(card, demand, _makings(connection, card)),
    )


def _demand(
    connection: Connection,
    season: Season,
    card: Card,
    window: dict[str, Any],
    listed: Sequence[Scene],
    rows: Sequence[Any],
    todo: int,
) -> Demand:
    """The products to get: those that acquisitions give and that are not done yet.

    :param rows: CARD products of the ledger.
    :param todo: products that are known already, which are at least as many.
    """
    start, end = window["start"], window["end"]
    found = acquisitions(connection, season, card, start, end, listed)
    done = sum(row.status in ("extracted", "no_parcels") for row in rows)
    size: Any = connection.execute(
        query("backfill/product_size"), {"card": card, "made": MADE}
    ).fetchone()
    sizes = [scene.size for scene in listed if scene.kind is KIND_OF_CARD[card] and scene.size]
    return Demand(
        products=max(todo, products_of(card, found, start) - done),
        acquisitions=sum(one.start >= start for one in found),
        acquisition_size=_mean([one.size for one in found if one.size is not None]),
        product_size=_mean(sizes) if size.size is None else size.size,
    )


def _makings(connection: Connection, card: Card) -> dict[str, Making]:
    """What products of a card, or of others that are made alike, took in this installation."""
    alike = [one for one in Card if one.family is card.family]
    values = {"cards": alike, "made": MADE}
    rows = connection.execute(query("backfill/makings"), values).fetchall()
    return {row.engine: Making(row.products, row.seconds) for row in rows}


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _to_do(
    rows: Sequence[Any], card: Card, listed: Iterable[Scene], window: dict[str, Any]
) -> Iterator[_Item]:
    """Products of the ledger without an end state, and listed products that it does not have."""
    known = {(row.platform, row.product_id) for row in rows}
    for row in rows:
        if row.status not in _DONE:
            yield _Item(shapely.from_wkb(row.footprint), row.tile, row.size)
    for scene in listed:
        if (
            scene.kind is KIND_OF_CARD[card]
            and (scene.platform, scene.product_id) not in known
            and scene.footprint is not None
            and window["start"] <= scene.start < window["end"]
        ):
            yield _Item(scene.footprint, scene.tile, scene.size)


def _extractions(connection: Connection, season: Season, items: Sequence[_Item]) -> tuple[int, int]:
    """Number of units of extraction of some products, and of the parcels in them."""
    blocks = connection.execute(query("backfill/blocks"), {"season": season.id}).fetchall()
    if not blocks or not items:
        return 0, 0
    tiles = np.array([block.tile for block in blocks])
    counts = np.array([block.parcels for block in blocks])
    tree = shapely.STRtree(shapely.from_wkb([block.extent for block in blocks]))
    units = parcels = 0
    for item in items:
        found = tree.query(item.footprint, predicate="intersects")
        if item.tile is not None:
            found = found[tiles[found] == item.tile]
        units += len(set(tiles[found]))
        parcels += int(counts[found].sum())
    return units, parcels


def _expected(connection: Connection, season: Season, card: Card, first: date, last: date) -> int:
    start, end = day_bounds(first, last)
    passes = expected_passes(load(connection, season).rows, midnight(season.starts), end)
    return sum(one.card is card and one.at >= start and not one.unplanned for one in passes)


def _bands(card: Card) -> int:
    """Number of bands of a card, for when none has been extracted yet."""
    if card is not Card.S2:
        return _POLARISATIONS
    return len(settings().extraction.s2_bands) + len(settings().extraction.s2_indices)


def _disk_free(connection: Connection) -> int | None:
    """Bytes free where the database keeps its data, if that is on this machine."""
    try:
        with connection.transaction():
            row: Any = connection.execute(query("backfill/data_directory")).fetchone()
        return shutil.disk_usage(row.data_directory).free
    except (psycopg.errors.InsufficientPrivilege, OSError):
        return None


def _bytes(number: int) -> str:
    size = float(number)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
