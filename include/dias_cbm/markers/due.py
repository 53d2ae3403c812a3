"""The blocks whose markers are due: their inputs, or a marker, have changed since the last run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dias_cbm.config.settings import settings
from dias_cbm.content_hash import canonical, content_hash
from dias_cbm.days import midnight
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData
from dias_cbm.markers import margins, options, registry
from dias_cbm.markers.marker import Marker, Window
from dias_cbm.markers.series import LOOKS_VERSION, day_number
from dias_cbm.seasons import Season


@dataclass(frozen=True, slots=True)
class Missing:
    """A scene that is still expected.

    :param card: bs, c6, c12 or s2.
    :param day: of the pass, in ISO 8601.
    :param name: of the scene, or of the pass where no scene is known.
    :param cause: why it is not there.
    """

    card: str
    day: str
    name: str
    cause: str


@dataclass(frozen=True, slots=True)
class BlockInput:
    """What a block has for the markers.

    :param hash: of its signatures, parcels, missing scenes and the settings that all markers share.
    :param missing: scenes of the season that are still expected over it.
    """

    blk: int
    parcels: int
    hash: str
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True)
class MarkerWork:
    """A marker and the blocks that it is due in."""

    marker: Marker
    parameters: dict[str, Any]
    blocks: frozenset[int]

    @property
    def recorded(self) -> dict[str, Any]:
        """Its options, and how looks are chosen for all markers: what is kept with a run."""
        return _recorded(self.parameters)

    def inputs_hash(self, inputs: dict[int, BlockInput]) -> str:
        """Hash of the inputs of its blocks."""
        return content_hash([(blk, inputs[blk].hash) for blk in sorted(self.blocks)])


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is due in a season.

    :param inputs: of every block.
    :param work: per marker with due blocks.
    """

    season: Season
    window: Window
    inputs: dict[int, BlockInput]
    work: tuple[MarkerWork, ...]

    @property
    def blocks(self) -> list[int]:
        """Blocks with any work, in order."""
        return sorted(frozenset().union(*(work.blocks for work in self.work)))

    @property
    def parcels(self) -> int:
        """Parcels of these blocks."""
        return sum(self.inputs[blk].parcels for blk in self.blocks)


def plan(
    connection: Connection,
    season: Season,
    markers: Sequence[Marker],
    *,
    today: date | None = None,
    everything: bool = False,
) -> Plan:
    """Find what is due.

    A block is due for a marker if its newest answer was given by another version, with other
    options, or from other inputs; or if there is none.

    :param today: first day of which nothing can be known; the current one in UTC if None.
    :param everything: all blocks are due.
    :raises NotEnoughData: the season has no parcels.
    """
    today = today or datetime.now(UTC).date()
    start, end = day_number(season.starts), day_number(season.ends) + 1
    window = Window(start, end, day_number(today))
    inputs = _inputs(connection, season, window)
    if not inputs:
        raise NotEnoughData("no parcels", subject=season.name, hint="cbm parcels load")
    done = {} if everything else _done(connection, season)
    tables = options.read(settings().markers.options_file)
    work = []
    for marker in markers:
        parameters = options.of(marker.name, tables)
        key = marker.version, canonical(_recorded(parameters))
        due = frozenset(
            blk for blk, one in inputs.items() if done.get((marker.name, blk)) != (*key, one.hash)
        )
        if due:
            work.append(MarkerWork(marker, parameters, due))
    return Plan(season, window, inputs, tuple(work))


def is_due(connection: Connection, season: int) -> bool:
    """Whether a season's markers are to be run again, and their last run is a day old.

    They are if a marker or an option is new or has changed since, or what they read of the season.

    :param season: id of the season.
    :raises MarkerError: a marker or the options file cannot be loaded.
    """
    tables = options.read(settings().markers.options_file)
    installed = registry.chosen()
    values = {
        "season": season,
        "days": margins.DAYS,
        "markers": [one.name for one in installed],
        "versions": [one.version for one in installed],
        "parameters": [canonical(_recorded(options.of(one.name, tables))) for one in installed],
    }
    row = connection.execute(query("markers/due"), values).fetchone()
    return row is not None and bool(row.due)


def _recorded(parameters: dict[str, Any]) -> dict[str, Any]:
    classes = list(settings().extraction.clear_classes)
    return parameters | {"clear_classes": classes, "looks": LOOKS_VERSION}


def _done(connection: Connection, season: Season) -> dict[tuple[str, int], tuple[str, str, str]]:
    rows = connection.execute(query("markers/latest"), {"season": season.id})
    return {
        (row.marker, row.blk): (row.version, canonical(row.parameters), row.hash) for row in rows
    }


def _inputs(connection: Connection, season: Season, window: Window) -> dict[int, BlockInput]:
    common = [
        LOOKS_VERSION,
        settings().extraction.clear_classes,
        settings().markers.minimum_clear,
        settings().markers.statistic,
        window.over,
        window.start,
        window.end,
        margins.state(connection, season.id),
    ]
    missing = _missing(connection, season)
    found = {}
    for row in connection.execute(query("markers/inputs"), {"season": season.id}):
        here = tuple(
            one for blocks, one in missing.get(row.tile, ()) if blocks is None or row.blk in blocks
        )
        key = content_hash([row.hash, common, [(m.card, m.day, m.name, m.cause) for m in here]])
        found[row.blk] = BlockInput(row.blk, row.parcels, key, here)
    return found


def _missing(
    connection: Connection, season: Season
) -> dict[str, list[tuple[frozenset[int] | None, Missing]]]:
    values = {
        "season": season.id,
        "start": midnight(season.starts),
        "end": midnight(season.ends + timedelta(days=1)),
    }
    found: dict[str, list[tuple[frozenset[int] | None, Missing]]] = {}
    for row in connection.execute(query("markers/missing"), values):
        blocks = None if row.blocks is None else frozenset(row.blocks)
        one = Missing(row.card, row.day.isoformat(), row.name, row.cause)
        found.setdefault(row.tile, []).append((blocks, one))
    return found
