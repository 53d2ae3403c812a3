"""Dump a season into a folder of files, from which it can be restored."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
from psycopg import sql

from dias_cbm import __version__
from dias_cbm.archive.tables import OWNED, PARTITIONED, Part, columns_of, owned, partition
from dias_cbm.db import migrations
from dias_cbm.db.connection import Connection, one_moment
from dias_cbm.db.queries import query
from dias_cbm.errors import SeasonError
from dias_cbm.seasons import Season
from dias_cbm.whole_file import whole_folder

MANIFEST = "manifest.json"
SCENES, SOURCES = "dias_catalogue", "card_source"


@dataclass(frozen=True, slots=True)
class DumpedTable:
    """One file of a dump: PostgreSQL's binary COPY format, compressed with zstd.

    :param table: the dumped table; for a partitioned one, the season's partition.
    :param size: bytes of the file.
    :param sha256: of the file.
    """

    table: str
    file: str
    columns: list[str]
    rows: int
    size: int
    sha256: str


def dump(connection: Connection, season: Season, folder: Path) -> list[DumpedTable]:
    """Write everything of a season, and its scenes, from one snapshot; commits.

    :param folder: is created; appears when it is complete.
    :raises SeasonError: the folder exists.
    :raises OutputError: it cannot be written.
    """
    if folder.exists():
        raise SeasonError("exists already", subject=folder, hint="dump into a new folder")
    with one_moment(connection), whole_folder(folder) as aside:
        state = migrations.state(connection)
        parts = [owned(connection, table) for table in OWNED]
        parts += [partition(connection, table, season.id) for table in PARTITIONED]
        parts += _scenes(connection, season)
        tables = [_copy(connection, part, season, aside) for part in parts]
        manifest = {
            "season": season.name,
            "id": season.id,
            "made_at": datetime.now(UTC).isoformat(),
            "version": __version__,
            "migrations": state.applied,
            "tables": [asdict(table) for table in tables],
        }
        (aside / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")
    return tables


def _scenes(connection: Connection, season: Season) -> list[Part]:
    """The ledger's rows that a season refers to, with their sources and successors."""
    connection.execute(query("archive/scene_table"))
    connection.execute(
        sql.SQL(query("archive/scenes")).format(
            signatures=sql.Identifier(f"signature_block_{season.id}"),
            histograms=sql.Identifier(f"histogram_block_{season.id}"),
        ),
        {"season": season.id},
    )
    chosen = "where {} in (select id from season_scene)"
    return [
        Part(SCENES, columns_of(connection, SCENES), sql.SQL(chosen).format(sql.Identifier("id"))),
        Part(
            SOURCES,
            columns_of(connection, SOURCES),
            sql.SQL(chosen).format(sql.Identifier("card_id")),
        ),
    ]


def _copy(connection: Connection, part: Part, season: Season, folder: Path) -> DumpedTable:
    file = folder / f"{part.table}.copy.zst"
    select = sql.SQL("copy (select {} from {} {}) to stdout (format binary)").format(
        sql.SQL(", ").join(map(sql.Identifier, part.columns)),
        sql.Identifier(part.table),
        part.rows,
    )
    values = {"season": season.id} if b"%(season)s" in select.as_bytes(connection) else None
    with connection.cursor() as cursor:
        with (
            pa.CompressedOutputStream(str(file), "zstd") as stream,
            cursor.copy(select, values) as copy,
        ):
            for chunk in copy:
                stream.write(chunk)
        rows = cursor.rowcount
    with file.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    columns = list(part.columns)
    return DumpedTable(part.table, file.name, columns, rows, file.stat().st_size, digest)
