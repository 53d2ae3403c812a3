"""Removal of a season's parcels, and of all results computed from them."""

from __future__ import annotations

from psycopg import sql

from dias_cbm.db.connection import Connection
from dias_cbm.db.locks import Lock, hold
from dias_cbm.db.queries import query

# Tables partitioned by season, and the name of their rows.
_BLOCK_TABLES = {
    "signature_block": "blocks of signatures",
    "histogram_block": "blocks of histograms",
    "five_day_mean_block": "blocks of five-day means",
}

# Tables whose rows take with them all that was computed by a run.
_RUNS = {
    "clear_share": "clear shares",
    "outlier_run": "outlier runs",
    "marker_run": "marker runs",
    "marker_input": "inputs of markers",
    "scheme_run": "runs of rules",
    "series_source": "imported series",
}


def count_parcels(connection: Connection, season: int) -> int:
    """Parcels that a season has now."""
    row = connection.execute(query("parcels/count"), {"season": season}).fetchone()
    return 0 if row is None else int(row.number)


def remove_parcels(connection: Connection, season: int) -> None:
    """Delete parcels, slots, blocks and outlines."""
    for table in ("parcel_outline", "parcel_slot", "parcel_block", "parcel"):
        statement = sql.SQL("delete from {} where season = %s").format(sql.Identifier(table))
        connection.execute(statement, (season,))


def remove_results(connection: Connection, season: int) -> dict[str, int]:
    """Delete the results of a season's parcels: signatures to outliers and markers.

    A run of markers or an import of series that is at work ends first.

    :returns: numbers of rows deleted, by what they are.
    """
    hold(connection, Lock.MARKERS, season)
    hold(connection, Lock.SERIES, season)
    removed = {}
    for table, what in _BLOCK_TABLES.items():
        partition = sql.Identifier(f"{table}_{season}")
        row = connection.execute(
            sql.SQL("select count(*) as number from {}").format(partition)
        ).fetchone()
        removed[what] = 0 if row is None else int(row.number)
        if removed[what]:
            connection.execute(sql.SQL("truncate {}").format(partition))
    for table, what in _RUNS.items():
        statement = sql.SQL("delete from {} where season = %s").format(sql.Identifier(table))
        removed[what] = connection.execute(statement, (season,)).rowcount
    return removed


def remove_late(connection: Connection, season: int) -> None:
    """Delete blocks that were written since :func:`remove_results`, with writers still at work."""
    for table in _BLOCK_TABLES:
        partition = sql.Identifier(f"{table}_{season}")
        connection.execute(sql.SQL("delete from {}").format(partition))
