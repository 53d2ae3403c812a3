"""A whole work list with its geometries, as GeoJSON and GeoPackage."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.geopackage import write_layer
from dias_cbm.seasons import Season
from dias_cbm.window import tables
from dias_cbm.window.data.work import COLUMNS

Row = dict[str, Any]


def geojson(connection: Connection, season: Season, rows: Sequence[Row]) -> bytes:
    """Rows as a GeoJSON FeatureCollection; a parcel that is gone has no geometry."""
    import shapely

    shapes = _shapes(connection, season, rows)
    features = [
        {
            "type": "Feature",
            "geometry": shapely.geometry.mapping(shapes[row["pid"]])
            if row["pid"] in shapes
            else None,
            "properties": row,
        }
        for row in rows
    ]
    return tables.as_json({"type": "FeatureCollection", "features": features})


def geopackage(connection: Connection, season: Season, rows: Sequence[Row]) -> bytes:
    """Rows as a GeoPackage with a layer ``work`` in longitude and latitude."""
    import geopandas
    import pandas as pd

    shapes = _shapes(connection, season, rows)
    plain = [row | {"plausible": ", ".join(row["plausible"] or ())} for row in rows]
    frame = geopandas.GeoDataFrame(
        pd.DataFrame(plain, columns=list(COLUMNS)),
        geometry=[shapes.get(row["pid"]) for row in rows],
        crs=4326,
    )
    with tempfile.TemporaryDirectory(prefix="cbm-work-") as folder:
        path = Path(folder) / "work.gpkg"
        write_layer(frame, path, "work")
        return path.read_bytes()


def _shapes(connection: Connection, season: Season, rows: Sequence[Row]) -> dict[str, Any]:
    import shapely

    values = {"season": season.id, "pids": sorted({row["pid"] for row in rows})}
    found = connection.execute(query("window/work_shapes"), values).fetchall()
    return {row.pid: shapely.from_wkb(row.geom) for row in found}
