"""A season on Fiji: four squares on both sides of 180 degrees, one of them across."""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import shapely
from pyproj import Transformer

from dias_cbm.db.connection import Connection
from dias_cbm.parcels.load import load

#: Longitude of the south-western corners; latitude is -16.8, and 0.001 degree is 110 m.
WEST_OF = {"west": 179.0, "near": 179.99, "line": -180.0005, "east": -179.5}
_GRID = 3460


def add(connection: Connection, folder: Path) -> None:
    """Load ``fj-2018`` from a file in Fiji's map grid."""
    there = Transformer.from_crs(4326, _GRID, always_xy=True)
    squares = []
    for west in WEST_OF.values():
        corners = np.array(shapely.box(west, -16.8, west + 0.001, -16.799).exterior.coords)
        x, y = there.transform(corners[:, 0], corners[:, 1])
        squares.append(shapely.Polygon(np.column_stack((x, y))))
    frame = geopandas.GeoDataFrame(
        {"id": list(WEST_OF), "crop": ["sugar cane"] * 4}, geometry=squares, crs=_GRID
    )
    file = folder / "fiji.gpkg"
    frame.to_file(file)
    load(connection, file, "fj-2018", id_column="id", crop_column="crop")
    connection.commit()
