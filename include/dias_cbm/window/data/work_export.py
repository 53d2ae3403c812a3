"""A work list with its geometries, page by page, as GeoJSON and GeoPackage."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.geopackage import write_layer
from dias_cbm.seasons import Season
from dias_cbm.window import tables
from dias_cbm.window.data.work import COLUMNS

#: A row, and its geometry in longitude and latitude; None for a parcel that is gone.
Shaped = tuple[Mapping[str, Any], Any]
#: Of columns that may have no value on a page, from which no type could be told.
_TYPES = {
    **dict.fromkeys(("area_ha", "wrong", "probability", "longitude", "latitude"), "Float64"),
    **dict.fromkeys(("rank", "observations", "longest_gap_days", "decision"), "Int64"),
    **dict.fromkeys(("calibrated", "decided"), "boolean"),
    "decided_at": "datetime64[ms, UTC]",
}


def with_shapes(
    connection: Connection, season: Season, rows: Sequence[Mapping[str, Any]]
) -> list[Shaped]:
    """The rows with their geometries."""
    import shapely

    values = {"season": season.id, "pids": sorted({row["pid"] for row in rows})}
    found = connection.execute(query("window/work_shapes"), values).fetchall()
    shapes = {row.pid: shapely.from_wkb(row.geom) for row in found}
    return [(row, shapes.get(row["pid"])) for row in rows]


async def geojson(first: bytes, pages: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pages of :func:`features` as a GeoJSON FeatureCollection, sent as they come."""
    yield b'{"type":"FeatureCollection","features":[' + first
    async for one in pages:
        yield b"," + one
    yield b"]}"


def features(rows: Sequence[Shaped]) -> bytes:
    """A page as features of GeoJSON, with commas between them."""
    import shapely

    return b",".join(
        tables.as_json(
            {
                "type": "Feature",
                "geometry": None if shape is None else shapely.geometry.mapping(shape),
                "properties": row,
            }
        )
        for row, shape in rows
    )


def append(path: Path, rows: Sequence[Shaped]) -> None:
    """Add a page to the layer ``work`` of a GeoPackage, in longitude and latitude.

    :param path: of the file; the first page makes it.
    """
    import geopandas
    import pandas as pd

    plain = [dict(row) | {"plausible": ", ".join(row["plausible"] or ())} for row, _ in rows]
    frame = geopandas.GeoDataFrame(
        pd.DataFrame(plain, columns=list(COLUMNS)), geometry=[shape for _, shape in rows], crs=4326
    )
    write_layer(frame.astype(_TYPES), path, "work", "a" if path.exists() else "w")
