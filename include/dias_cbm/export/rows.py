"""Export of parcels as GeoParquet and of the latest outlier list, with one row per parcel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyproj
from psycopg.rows import dict_row

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.export.parquet import parquet_writer
from dias_cbm.seasons import Season

_ROWS = 20_000

PARCELS = pa.schema(
    [
        ("pid", pa.string()),
        ("crop", pa.string()),
        ("area_m2", pa.float64()),
        ("tile", pa.string()),
        ("repaired", pa.string()),
        ("note", pa.string()),
        ("attributes", pa.string()),
        ("season", pa.string()),
        ("geometry", pa.binary()),
    ]
)

OUTLIERS = pa.schema(
    [
        ("pid", pa.string()),
        ("declared", pa.string()),
        ("predicted", pa.string()),
        ("probability", pa.float32()),
        ("predicted_probability", pa.float32()),
        ("rank", pa.int32()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("observations", pa.int32()),
        ("longest_gap_days", pa.int32()),
        ("model", pa.string()),
        ("made_at", pa.timestamp("us", "UTC")),
        ("season", pa.string()),
    ]
)


def write_parcels(connection: Connection, season: Season, path: Path) -> int:
    """Write the parcels with their geometries in the season's CRS.

    Format: https://geoparquet.org/releases/v1.0.0/

    :returns: rows.
    """
    extent = connection.execute(query("export/extent"), {"season": season.id}).fetchone()
    geometry: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": ["MultiPolygon"],
        "crs": pyproj.CRS.from_epsg(season.srid).to_json_dict(),
    }
    if extent is not None and extent.west is not None:
        geometry["bbox"] = list(extent)
    description = {
        "version": "1.0.0",
        "primary_column": "geometry",
        "columns": {"geometry": geometry},
    }
    schema = PARCELS.with_metadata({"geo": json.dumps(description)})
    return _write(connection, season, "export/parcels", schema, path)


def write_outliers(connection: Connection, season: Season, path: Path) -> int:
    """Write the latest verdict on every parcel.

    :returns: rows.
    """
    return _write(connection, season, "export/outliers", OUTLIERS, path)


def _write(
    connection: Connection, season: Season, statement: str, schema: pa.Schema, path: Path
) -> int:
    rows = 0
    with (
        connection.cursor("export", binary=True, row_factory=dict_row) as cursor,
        parquet_writer(path, schema) as writer,
    ):
        cursor.execute(query(statement), {"season": season.id})
        while batch := cursor.fetchmany(_ROWS):
            named = [row | {"season": season.name} for row in batch]
            writer.write_table(pa.Table.from_pylist(named, schema=schema))
            rows += len(batch)
    return rows
