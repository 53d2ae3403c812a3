"""Import of a file of parcel statistics as a source of its own: whole, or not at all."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from psycopg.types.json import Jsonb

from dias_cbm import __version__
from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import copy_columns
from dias_cbm.db.locks import Lock, hold
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData, SeriesError
from dias_cbm.record_files import hash_of
from dias_cbm.seasons import Season
from dias_cbm.series import store
from dias_cbm.series.layouts import STATISTICS, Reading
from dias_cbm.series.records import DIRECTIONS, Collected, Counts, Records, read
from dias_cbm.series.units import Units
from dias_cbm.small_file import stamp

_NAME = re.compile(r"\w[\w.-]{0,62}")
_KEYS = {
    "blk": "integer", "pos": "smallint", "card": "smallint", "band": "smallint", "day": "date",
    "direction": "smallint", "observation": "bigint",
}  # fmt: skip
_STAGED = _KEYS | dict.fromkeys(STATISTICS, "real")


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or would do.

    :param unchanged: this file was imported before; nothing was done.
    :param replaced: records of the earlier import that gave way.
    :param records: values in the database, of all cards and bands.
    """

    source: str
    file: str
    reading: dict[str, str | None]
    unchanged: bool
    replaced: int
    records: int
    cards: list[str]
    bands: list[str]
    counts: Counts

    def lines(self) -> list[str]:
        """Sentences on what was left out, and why."""
        c = self.counts
        examples = ", ".join(c.unknown_parcels)
        counts = [
            (c.no_value, "rows have no value"),
            (c.classes, "rows are of scene classes, which have no mean"),
            (
                c.of_unknown_parcels,
                f"rows are of parcels that the season does not have: {examples}",
            ),
            (c.outside_season, "rows are of days outside the season"),
            (c.impossible, "values are not possible"),
            (c.repeated, "rows are there a second time"),
            (
                c.second_observations,
                "rows are further observations of a day; that with most pixels was kept",
            ),
        ]
        return [f"{number:,} {what}" for number, what in counts if number]


def load(
    connection: Connection,
    season: Season,
    path: Path,
    source: str,
    reading: Reading,
    *,
    replace: bool = False,
) -> Report:
    """Import a file; does not commit.

    The same file, read in the same way, changes nothing. A run that is killed leaves nothing.

    :param source: name of the source, other than ``own``.
    :param replace: an earlier import of another file gives way.
    :raises SeriesError: the name is none, or taken; the units are others; two values for the same.
    :raises RecordFileError: the file cannot be read.
    :raises NotEnoughData: the season has no parcels, or the file nothing for it.
    """
    if not _NAME.fullmatch(source) or source == store.OWN:
        raise SeriesError(
            "is not a name for a source",
            subject=repr(source),
            hint='up to 63 letters, digits, dots, hyphens and underscores, and not "own"',
        )
    hold(connection, Lock.SERIES, season.id)
    before, digest = stamp(path), hash_of(path)
    earlier = store.find(connection, season, source)
    if earlier is not None and (earlier.file_hash, earlier.reading) == (
        digest, reading.described(),
    ):  # fmt: skip
        return Report(
            source, str(path), reading.described(), True, 0, earlier.records, [], [],
            Counts(**earlier.report),
        )  # fmt: skip
    if earlier is not None and not replace:
        raise SeriesError(
            f"was imported before, from {earlier.file_name}",
            subject=source,
            hint="--replace puts this file in its place",
        )
    collected = Collected(Units(reading.optical, reading.backscatter))
    _stage(connection, season, path, reading, collected)
    if stamp(path) != before:
        raise SeriesError("changed while it was read", subject=path)
    _check(connection, season, path, collected)
    if earlier is not None:
        connection.execute(query("series/drop"), {"source": earlier.id})
    records = _keep(connection, season, path, source, reading, digest, collected)
    connection.execute(query("series/unstage"))
    return Report(
        source, str(path), reading.described(), False, 0 if earlier is None else earlier.records,
        records, sorted(collected.cards), sorted(collected.bands), collected.counts,
    )  # fmt: skip


def _stage(
    connection: Connection, season: Season, path: Path, reading: Reading, collected: Collected
) -> None:
    """Read the file into a temporary table."""
    rows = connection.execute(query("series/places"), {"season": season.id})
    places = {row.pid: (row.blk, row.pos) for row in rows}
    if not places:
        raise NotEnoughData("the season has no parcels", subject=season.name)
    connection.execute(query("series/stage"))
    for records in read(path, reading, season, places, collected):
        _copy(connection, records)


def _copy(connection: Connection, records: Records) -> None:
    vectors: list[Any] = [records.keys[name] for name in _KEYS]
    copy_columns(connection, "series_staged", _STAGED, [*vectors, *records.statistics])


def _check(connection: Connection, season: Season, path: Path, collected: Collected) -> None:
    """Check what needs the whole file: units, and values that contradict each other."""
    faults = collected.units.faults()
    if faults:
        raise SeriesError("; ".join(faults), subject=path, hint="nothing was imported")
    repeats = connection.execute(query("series/repeats")).fetchone()
    if repeats is None or not repeats.more:
        return
    collected.counts.repeated = repeats.more
    if repeats.differ:
        values = {"season": season.id}
        one = connection.execute(query("series/contradiction"), values).fetchone()
        example = (
            ""
            if one is None
            else f", such as {one.pid} on {one.day},"
            f" {collected.cards[one.card]} {collected.bands[one.band]}"
        )
        raise SeriesError(
            f"has several values for {repeats.differ:,} parcels, days and bands{example}",
            subject=path,
            hint="nothing was imported; a column obsid tells observations of a day apart",
        )


def _keep(
    connection: Connection,
    season: Season,
    path: Path,
    source: str,
    reading: Reading,
    digest: str,
    collected: Collected,
) -> int:
    """Put the staged records into blocks; the number of records."""
    values: dict[str, Any] = {
        "season": season.id,
        "name": source,
        "file_name": path.name,
        "file_hash": digest,
        "reading": Jsonb(reading.described()),
        "code": __version__,
        "cards": collected.cards,
        "bands": collected.bands,
        "directions": list(DIRECTIONS),
    }
    [made] = connection.execute(query("series/add_source"), values).fetchall()
    values["source"] = made.id
    [kept] = connection.execute(query("series/add_blocks"), values).fetchall()
    counts = collected.counts
    if not kept.records:
        raise NotEnoughData(_nothing(counts), subject=path)
    left = Counter(asdict(counts) | {"rows": 0, "unknown_parcels": 0})
    counts.second_observations = counts.rows - kept.records - sum(left.values())
    values |= {"records": kept.records, "report": Jsonb(asdict(counts))}
    connection.execute(query("series/finish_source"), values)
    return int(kept.records)


def _nothing(counts: Counts) -> str:
    if not counts.rows:
        return "has no rows"
    return (
        f"none of its {counts.rows:,} rows is of a parcel and day of the season:"
        f" {counts.of_unknown_parcels:,} of unknown parcels, {counts.outside_season:,} of other"
        f" days, {counts.no_value:,} without a value"
    )
