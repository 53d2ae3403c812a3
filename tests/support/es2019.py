"""The real field of Valladolid, 2019: its Sentinel-2 series as products and as a parcel file."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import h5py
import numpy as np
from affine import Affine
from card_products import l2a_xml, write_raster
from rasterio.crs import CRS

UTM30 = CRS.from_epsg(32630)
#: UTM 30, 344 km E 4626 km N, is in this tile.
TILE = "30TUM"


@dataclass(frozen=True)
class Series:
    """Real reflectance DN (n, rows, columns), NaN where masked, and openEO's field means."""

    days: list[date]
    b04: np.ndarray
    b08: np.ndarray
    scl: np.ndarray
    transform: Affine
    ndvi: dict[date, float]


def read(real_data: Path) -> Series:
    folder = real_data / "es2019"
    with h5py.File(folder / "raw_s2_ndvi_field.nc") as file:
        days = [date(1990, 1, 1) + timedelta(days=int(number)) for number in file["t"]]
        x, y = float(file["x"][0]), float(file["y"][0])
        b04, b08, scl = (file[name][:] for name in ("B04", "B08", "SCL"))
    with (folder / "mogpr_input.csv").open() as text:
        ndvi = {
            date.fromisoformat(row["date"][:10]): float(row["NDVI"])
            for row in csv.DictReader(text)
            if row["NDVI"]
        }
    # x and y are pixel centres.
    return Series(days, b04, b08, scl, Affine(10, 0, x - 5, 0, -10, y + 5), ndvi)


def sensed(day: date) -> datetime:
    """When Sentinel-2 passes Valladolid."""
    return datetime(day.year, day.month, day.day, 11, 3, 21, tzinfo=UTC)


def product_name(day: date) -> str:
    stamp = f"{day:%Y%m%d}T110321"
    return f"S2A_MSIL2A_{stamp}_N0211_R094_T{TILE}_{day:%Y%m%d}T141500"


def write_product(series: Series, index: int, store: Path) -> str:
    """One date as a SAFE folder of lossless JP2; its location. The data have SCL at 10 m."""
    name = product_name(series.days[index])
    product = store / f"{name}.SAFE"
    images = product / "GRANULE" / f"L2A_T{TILE}_A000001_X" / "IMG_DATA"
    layers = {
        "R10m/B04_10m": (series.b04, "u2"),
        "R10m/B08_10m": (series.b08, "u2"),
        "R20m/SCL_20m": (series.scl, "u1"),
    }
    for where, (values, dtype) in layers.items():
        folder, band = where.split("/")
        write_raster(
            images / folder / f"T{TILE}_{series.days[index]:%Y%m%d}T110321_{band}.jp2",
            np.nan_to_num(values[index]).astype(dtype),
            series.transform,
            UTM30,
            driver="JP2OpenJPEG",
            QUALITY="100",
            REVERSIBLE="YES",
        )
    (product / "MTD_MSIL2A.xml").write_text(l2a_xml(name=name))
    return f"/eodata/{name}.SAFE"


def write_parcels(real_data: Path, path: Path) -> Path:
    """The field as a parcel file with one feature."""
    geometry = json.loads((real_data / "es2019" / "field.geojson").read_text())
    feature = {
        "type": "Feature",
        "properties": {"pid": "field", "crop": "winter cereal"},
        "geometry": geometry,
    }
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path
