"""Small parcel files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas
import pytest


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write parcels to a file; their columns are ``pid`` and ``crop`` if not given."""

    def make(
        geometries: list[Any], name: str = "parcels.gpkg", crs: Any = 25832, **columns: Any
    ) -> Path:
        columns = {
            "pid": [f"p{number}" for number in range(len(geometries))],
            "crop": ["wheat"] * len(geometries),
            **columns,
        }
        path = tmp_path / name
        geopandas.GeoDataFrame(columns, geometry=geometries, crs=crs).to_file(path)
        return path

    return make
