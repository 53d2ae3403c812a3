"""Restore a season from its dump."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql

from dias_cbm import seasons
from dias_cbm.archive.dump import MANIFEST, SCENES, SOURCES, DumpedTable
from dias_cbm.archive.tables import OWNED, PARTITIONED
from dias_cbm.db import migrations
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import SeasonError
from dias_cbm.seasons import Season

_CHUNK = 1 << 20

# Tables whose ids the database assigns: their sequences continue after the restored ids.
_NUMBERED = (
    "season", "parcel_load", "gap", "outlier_run", "decision", "marker_input", "marker_run",
    "scheme_run", "quality_sample", "quality_finding", "series_source", "work_assignment", SCENES,
)  # fmt: skip


def restore(connection: Connection, folder: Path) -> Season:
    """Restore a season from its dump, with all its ids; does not commit.

    The database must be the one that it came from, or one where its ids are free.

    :param folder: written by :func:`dias_cbm.archive.dump`.
    :raises SeasonError: the dump is incomplete or damaged, was made with other migrations, or its
        name or ids are taken.
    """
    manifest, tables = _read(folder)
    _check_fit(connection, folder, manifest)
    for table in tables.values():
        _check(folder, table)
    try:
        _load(connection, folder, tables, manifest["id"])
    except (psycopg.errors.UniqueViolation, psycopg.errors.ForeignKeyViolation) as error:
        raise SeasonError(
            f"does not fit into this database: {error.diag.message_detail}",
            subject=manifest["season"],
            hint="restore it into the database it came from, or into an empty one",
        ) from error
    return seasons.get(connection, manifest["season"])


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, DumpedTable]]:
    """The manifest of a dump, and its tables by name."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        tables = {entry["table"]: DumpedTable(**entry) for entry in manifest["tables"]}
        season = int(manifest["id"])
        needed = {*OWNED, SCENES, SOURCES, *(f"{name}_{season}" for name in PARTITIONED)}
        inside = all(Path(table.file).name == table.file for table in tables.values())
        whole = needed <= tables.keys() and {"season", "migrations", "version"} <= manifest.keys()
    except (FileNotFoundError, NotADirectoryError):
        raise SeasonError("is not a dump of a season", subject=folder) from None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        inside = whole = False
    if not (inside and whole):
        raise SeasonError("is not the manifest of a dump", subject=folder / MANIFEST)
    return manifest, tables


def _check_fit(connection: Connection, folder: Path, manifest: dict[str, Any]) -> None:
    if manifest["migrations"] != migrations.state(connection).applied:
        raise SeasonError(
            "was dumped from a database with other migrations",
            subject=folder,
            hint=f"restore it with version {manifest['version']}, then migrate",
        )
    if manifest["season"] in {season.name for season in seasons.all_seasons(connection)}:
        raise SeasonError("exists already", subject=manifest["season"])


def _check(folder: Path, table: DumpedTable) -> None:
    try:
        with (folder / table.file).open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        raise SeasonError("is missing from the dump", subject=folder / table.file) from None
    if digest != table.sha256:
        raise SeasonError("is damaged: the checksum differs", subject=folder / table.file)


def _load(
    connection: Connection, folder: Path, tables: dict[str, DumpedTable], season: int
) -> None:
    _load_scenes(connection, folder, tables)
    for name in OWNED:
        _copy(connection, folder, tables[name], name)
    seasons.lay_out(connection, season, seasons.precision_of(connection, season))
    for name in PARTITIONED:
        _copy(connection, folder, tables[f"{name}_{season}"], name)
    for name in _NUMBERED:
        connection.execute(
            sql.SQL(
                "select setval(pg_get_serial_sequence({name}, 'id'), greatest(max(id),"
                " (select last_value from {sequence}))) from {table} having max(id) is not null"
            ).format(
                name=sql.Literal(name),
                sequence=sql.Identifier(f"{name}_id_seq"),
                table=sql.Identifier(name),
            )
        )


def _load_scenes(connection: Connection, folder: Path, tables: dict[str, DumpedTable]) -> None:
    """Load the scenes; known ones stay as they are, another scene with the same id is refused."""
    for name in (SCENES, SOURCES):
        aside = f"restored_{name}"
        connection.execute(
            sql.SQL("create temporary table {} (like {}) on commit drop").format(
                sql.Identifier(aside), sql.Identifier(name)
            )
        )
        _copy(connection, folder, tables[name], aside)
    stranger = connection.execute(query("archive/restore_strangers")).fetchone()
    if stranger is not None:
        raise SeasonError(
            f"its scene {stranger.id} is a different scene here: {stranger.reference}",
            subject=folder,
            hint="restore it into the database it came from, or into an empty one",
        )
    for name in (SCENES, SOURCES):
        columns = sql.SQL(", ").join(map(sql.Identifier, tables[name].columns))
        connection.execute(
            sql.SQL(
                "insert into {0} ({1}) overriding system value select {1} from {2}"
                " on conflict do nothing"
            ).format(sql.Identifier(name), columns, sql.Identifier(f"restored_{name}"))
        )


def _copy(connection: Connection, folder: Path, table: DumpedTable, into: str) -> None:
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(
        sql.Identifier(into), sql.SQL(", ").join(map(sql.Identifier, table.columns))
    )
    with connection.cursor() as cursor:
        with (
            pa.CompressedInputStream(str(folder / table.file), "zstd") as stream,
            cursor.copy(statement) as copy,
        ):
            while chunk := stream.read(_CHUNK):
                copy.write(chunk)
        if cursor.rowcount != table.rows:
            raise SeasonError(
                f"gave {cursor.rowcount} rows instead of {table.rows}",
                subject=folder / table.file,
            )
