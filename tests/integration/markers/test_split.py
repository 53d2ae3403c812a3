"""``cbm markers split``: two planted fields in a parcel of the season, and one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import rasterio
from marker_season import MarkerSeason
from typer.testing import CliRunner, Result

from dias_cbm.cli.markers import app
from dias_cbm.errors import NotEnoughData, ParcelUnknown

pytestmark = pytest.mark.integration

WEST, SOUTH = 500_000, 6_200_000


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["split", "dk-2018", *map(str, arguments)])


@pytest.fixture
def parcel(marked: MarkerSeason) -> str:
    """The first parcel, now 400 m wide and 300 m high."""
    marked.connection.execute(
        "update parcel set area_m2 = 120000, geom = st_multi(st_setsrid(st_makeenvelope("
        "%(west)s, %(south)s, %(west)s + 400, %(south)s + 300), st_srid(geom))) where pid = 'a'",
        {"west": WEST, "south": SOUTH},
    )
    marked.connection.commit()
    return "a"


def image(file: Path, srid: int, step: float) -> Path:
    """Two bands of noise; east of 150 m the first is higher by a step."""
    values = np.random.default_rng(1).normal(0.1, 0.005, (2, 30, 40))
    values[0, :, 15:] *= 1 + step
    with rasterio.open(
        file, "w", driver="GTiff", width=40, height=30, count=2, dtype="float32",
        crs=f"EPSG:{srid}", transform=rasterio.transform.from_origin(WEST, SOUTH + 300, 10, 10),
    ) as raster:  # fmt: skip
        raster.write(values.astype("float32"))
    return file


def test_split(marked: MarkerSeason, parcel: str, tmp_path: Path) -> None:
    srid = marked.season.srid
    two, one = (image(tmp_path / f"{step}.tif", srid, step) for step in (0.6, 0.01))
    out = tmp_path / "split.gpkg"
    found: dict[str, Any] = json.loads(call(parcel, two, "--out", out, "--json").output)
    assert found["separated"]
    assert sorted(found["areas_m2"]) == pytest.approx([45_000, 75_000])
    assert sorted(found["pixels"]) == [14 * 28, 24 * 28]
    parts = geopandas.read_file(out, layer="parts")
    assert parts.area.tolist() == pytest.approx(found["areas_m2"])
    assert parts.crs.to_epsg() == srid
    (line,) = geopandas.read_file(out, layer="line").geometry
    assert line.bounds == pytest.approx((WEST + 150, SOUTH, WEST + 150, SOUTH + 300))
    # A parcel of one crop: no file.
    out.unlink()
    text = call(parcel, one, "--out", out).output
    assert "two crops are seen above 0.48: no" in text
    assert f"{out}: not written" in text
    assert not out.exists()


def test_what_cannot_be_split(marked: MarkerSeason, parcel: str, tmp_path: Path) -> None:
    raster = image(tmp_path / "image.tif", marked.season.srid, 0.6)
    assert isinstance(call("nobody", raster).exception, ParcelUnknown)
    elsewhere = call(parcel, image(tmp_path / "far.tif", 32635, 0.6)).exception
    assert isinstance(elsewhere, NotEnoughData)
    assert "does not cover" in str(elsewhere)
    assert call(parcel, raster, "--out", tmp_path / "x.csv").exit_code == 2
