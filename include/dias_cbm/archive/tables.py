"""The tables with rows of a season, and the conditions that select these rows."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg import sql

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query

#: Tables with a partition per season; the partition is ``TABLE_ID``, attached or not.
PARTITIONED = ("signature_block", "histogram_block", "five_day_mean_block")

#: Tables that a restore makes again from the others, so that no dump holds them.
DERIVED = ("parcel_outline",)

# Conditions for the rows of a season in all other tables, referring tables last.
_OWNED = {
    "season": "id = %(season)s",
    "parcel": "season = %(season)s",
    "parcel_flag": "season = %(season)s",
    "parcel_block": "season = %(season)s",
    "parcel_slot": "season = %(season)s",
    "parcel_outline": "season = %(season)s",
    "parcel_load": "season = %(season)s",
    "parcel_rejected": "load in (select id from parcel_load where season = %(season)s)",
    "catalogue_watermark": "season = %(season)s",
    "catalogue_round": "season = %(season)s",
    "extraction": "season = %(season)s",
    "gap": "season = %(season)s",
    "observed_day": "season = %(season)s",
    "clear_share": "season = %(season)s",
    "digest": "season = %(season)s",
    "outlier_run": "season = %(season)s",
    "outlier": "season = %(season)s",
    "outlier_model": "run in (select id from outlier_run where season = %(season)s)",
    "typical_curve": "season = %(season)s",
    "typical_level": "season = %(season)s",
    "outlier_explanation": "season = %(season)s",
    "decision": "season = %(season)s",
    "crop_group": "season = %(season)s",
    "marker_input": "season = %(season)s",
    "marker_run": "season = %(season)s",
    "marker_state_block": "season = %(season)s",
    "marker_value_block": "season = %(season)s",
    "marker_event_slot": "season = %(season)s",
    "scheme_run": "season = %(season)s",
    "verdict_block": "season = %(season)s",
    "quality_sample": "season = %(season)s",
    "quality_item": "season = %(season)s",
    "quality_finding": "season = %(season)s",
    "series_source": "season = %(season)s",
    "series_block": "season = %(season)s",
    "weather_cell": "season = %(season)s",
    "weather_day": "season = %(season)s",
    "work_assignment": "season = %(season)s",
}

#: In the order in which rows can be inserted; delete in reverse order.
OWNED = tuple(_OWNED)


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one table that belong to a season.

    :param table: its name; for a partitioned one, the season's partition.
    :param columns: in the order of the table.
    :param rows: selects them, with the parameter ``season``.
    """

    table: str
    columns: tuple[str, ...]
    rows: sql.Composable


def owned(connection: Connection, table: str) -> Part:
    """A season's rows in a table that several seasons share."""
    return Part(table, columns_of(connection, table), sql.SQL("where ") + sql.SQL(_OWNED[table]))


def partition(connection: Connection, table: str, season: int) -> Part:
    """All rows of a season's partition."""
    name = f"{table}_{season}"
    return Part(name, columns_of(connection, name), sql.SQL(""))


def columns_of(connection: Connection, table: str) -> tuple[str, ...]:
    """Columns of a table, in order."""
    rows = connection.execute(query("archive/columns"), {"name": table})
    return tuple(row.attname for row in rows)
