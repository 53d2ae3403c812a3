"""A season's scenes in the ledger, tile by tile, each with its state."""

from __future__ import annotations

import logging
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dias_cbm.config.settings import settings
from dias_cbm.days import day_bounds
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.scenes import REPEAT_CYCLE, Card, Cause, Kind, Status
from dias_cbm.seasons import Season

log = logging.getLogger(__name__)

#: Two scenes of one satellite and relative orbit closer than this belong to one pass.
TOLERANCE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sighting:
    """One scene over one tile of a season's parcels.

    :param card: None for a level-1 acquisition.
    :param obstime: sensing start; for a coherence product that of the later acquisition.
    :param tile: None for a scene without footprint.
    :param blocks: blocks of the tile's parcels that the footprint meets.
    :param cause: of the scene; ``reason`` is for people, as is ``unit_reason``.
    :param unit: state of the extraction of this scene over this tile; None when none is planned.
    :param records: parcel and band values extracted.
    :param pixels: classified pixels in the tile's parcels, Sentinel-2 only; None when not measured.
    :param clear: of these, in a clear class.
    """

    obsid: int
    kind: Kind
    satellite: str
    rel_orbit: int
    obstime: datetime
    tile: str | None
    blocks: frozenset[int] = frozenset()
    card: Card | None = None
    direction: str | None = None
    reference: str = ""
    status: Status = Status.INGESTED
    cause: Cause | None = None
    reason: str | None = None
    attempts: int = 0
    unit: str | None = None
    unit_cause: Cause | None = None
    unit_reason: str | None = None
    records: int | None = None
    pixels: float | None = None
    clear: float | None = None

    @property
    def touched(self) -> bool | None:
        """Whether the product has data over parcels of the tile; None before it is extracted."""
        if self.unit not in ("extracted", "no_parcels"):
            return None
        return bool(self.records) or bool(self.pixels)

    @property
    def clear_share(self) -> float | None:
        """Share of clear pixels in the tile's parcels; None when it was not measured."""
        if not self.pixels or self.clear is None:
            return None
        return self.clear / self.pixels


@dataclass
class Sightings:
    """All sightings of a season, searchable by orbit and time.

    :param rows: in any order.
    """

    rows: list[Sighting]
    kinds: frozenset[Kind] = field(init=False)
    _by_orbit: dict[tuple[int, str | None], list[Sighting]] = field(init=False, repr=False)
    _by_satellite: dict[str, list[datetime]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.kinds = frozenset(row.kind for row in self.rows)
        self._by_orbit = defaultdict(list)
        self._by_satellite = defaultdict(list)
        for row in sorted(self.rows, key=lambda row: (row.obstime, row.obsid)):
            self._by_orbit[row.rel_orbit, row.tile].append(row)
            self._by_satellite[row.satellite].append(row.obstime)

    def near(
        self, rel_orbit: int, tile: str, at: datetime, satellite: str | None = None
    ) -> list[Sighting]:
        """Sightings of the pass at a time, and scenes without footprint that may belong to it."""
        return [
            row
            for key in ((rel_orbit, tile), (rel_orbit, None))
            for row in _within(self._by_orbit.get(key, []), at)
            if satellite is None or row.satellite == satellite
        ]

    def last_before(self, satellite: str, at: datetime) -> datetime | None:
        """When the satellite was last seen over the area before a time, on any orbit."""
        times = self._by_satellite.get(satellite, [])
        index = bisect_left(times, at - TOLERANCE)
        return times[index - 1] if index else None


def _within(rows: list[Sighting], at: datetime) -> Iterable[Sighting]:
    first = bisect_left(rows, at - TOLERANCE, key=lambda row: row.obstime)
    last = bisect_right(rows, at + TOLERANCE, key=lambda row: row.obstime)
    return rows[first:last]


def bounds(season: Season) -> tuple[datetime, datetime]:
    """The season as a half-open window of time."""
    return day_bounds(season.starts, season.ends)


def measure_clear(connection: Connection, season: Season) -> None:
    """Count the clear pixels of Sentinel-2 extractions not yet counted. Does not commit."""
    classes = settings().extraction.clear_classes
    connection.execute(
        query("completeness/clear_share"),
        {
            "season": season.id,
            "classes": ",".join(map(str, classes)),
            "clear": list(classes) or list(range(1, 12)),
        },
    )


def load(connection: Connection, season: Season) -> Sightings:
    """Read the sightings of a season and of one repeat cycle before it.

    That cycle holds the earlier acquisitions of the season's first coherence pairs.
    """
    start, end = bounds(season)
    rows = connection.execute(
        query("completeness/scene_tiles"),
        {"season": season.id, "start": start - max(REPEAT_CYCLE.values()), "end": end},
    ).fetchall()
    unplaced = {row.id for row in rows if row.rel_orbit is None}
    if unplaced:
        log.warning(
            "season %s: %d scenes without relative orbit count for no pass; the first is %d",
            season.name,
            len(unplaced),
            min(unplaced),
        )
    # Passes of an orbit cover the same blocks: one set for all of them saves time and memory.
    known: dict[frozenset[int], frozenset[int]] = {}
    return Sightings(
        [
            Sighting(
                obsid=row.id,
                kind=Kind(row.kind),
                satellite=row.sensor,
                rel_orbit=row.rel_orbit,
                obstime=row.obstime,
                tile=row.tile,
                blocks=known.setdefault(blocks := frozenset(row.blocks), blocks),
                card=None if row.card is None else Card(row.card),
                direction=row.direction,
                reference=row.reference,
                status=Status(row.status),
                cause=None if row.cause is None else Cause(row.cause),
                reason=row.reason,
                attempts=row.attempts,
                unit=row.unit,
                unit_cause=None if row.unit_cause is None else Cause(row.unit_cause),
                unit_reason=row.unit_reason,
                records=row.records,
                pixels=row.pixels,
                clear=row.clear,
            )
            for row in rows
            if row.rel_orbit is not None
        ]
    )
