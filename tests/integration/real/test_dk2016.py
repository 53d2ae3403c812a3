"""276 real Danish parcels over a real Sentinel-2 chip: all 828 signatures, both ways."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import rasterio
from blocks import add_scene
from card_products import l2a_xml, write_l2a
from shapely import MultiPolygon, box
from typer.testing import CliRunner

from dias_cbm import ledger
from dias_cbm.db.connection import Connection
from dias_cbm.extraction.report import Outcome
from dias_cbm.extraction.unit import extract
from dias_cbm.parcels.load import load
from dias_cbm.scenes import Kind, Status

EXACT = ("count", "min", "max")
CLOSE = ("mean", "std", "p25", "p50", "p75")
BANDS = ("B02", "B03", "B04")

#: Around the chip, 9.3 E 56.35 N.
FOOTPRINT = MultiPolygon([box(9.0, 56.0, 9.6, 56.7)])

Key = tuple[str, str]


@pytest.fixture
def folder(real_data: Path) -> Path:
    return real_data / "dk2016"


def read(file: Path) -> dict[Key, dict[str, float]]:
    with file.open() as text:
        return {
            (row.pop("pid"), row.pop("band")): {name: float(row[name]) for name in row}
            for row in csv.DictReader(text)
        }


def check(found: dict[Key, dict[str, Any]], expected: dict[Key, dict[str, float]]) -> None:
    assert len(expected) == 828
    assert found.keys() == expected.keys()
    for key, values in expected.items():
        assert {name: found[key][name] for name in EXACT} == {name: values[name] for name in EXACT}
        for name in CLOSE:
            # The expected values are written with six decimals.
            assert found[key][name] == pytest.approx(values[name], rel=1e-6, abs=1e-6), (key, name)


@pytest.mark.real_data
def test_without_a_database(folder: Path, tmp_path: Path) -> None:
    import typer

    from dias_cbm.cli.extract import extract as command

    app = typer.Typer()
    app.command()(command)
    out = tmp_path / "dk.csv"
    files = [str(folder / "marker2016.gpkg"), str(folder / "RGB_small.tif")]
    options = ["--id-column", "pid", "--bands", ",".join(BANDS), "--out", str(out), "--json"]
    result = CliRunner().invoke(app, [*files, *options], catch_exceptions=False)
    assert result.exit_code == 0
    summary = json.loads(result.stdout)
    assert (summary["parcels"], summary["records"], summary["empty"]) == (276, 828, 0)
    expected = read(folder / "dk_zonal_expected_pixelcentre.csv")
    found = read(out)
    check(found, expected)
    assert list(found) == list(expected)  # in the file's order


@pytest.mark.integration
@pytest.mark.real_data
def test_in_the_database(
    connection: Connection, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{tmp_path}")
    with rasterio.open(folder / "RGB_small.tif") as chip:
        bands = dict(zip(BANDS, chip.read(), strict=True))
        xml = l2a_xml(quantification=1)  # the numbers as they are stored
        product = write_l2a(tmp_path, bands, None, xml=xml, transform=chip.transform, crs=chip.crs)
    file = folder / "marker2016.gpkg"
    report = load(
        connection, file, "dk-2016", id_column="pid", crop_column="AfgKode", area=FOOTPRINT
    )
    assert report.loaded == 276
    start = datetime(2016, 5, 8, 10, 40, 27, tzinfo=UTC)
    scene = add_scene(
        connection,
        product.name,
        start,
        Kind.S2_L2A,
        status=Status.READY,
        footprint=FOOTPRINT,
    )
    units = ledger.plan_extractions(connection, scene.id)
    connection.commit()
    reports = [extract(connection, unit, "test") for unit in units]
    assert [report.outcome for report in reports] == [Outcome.EXTRACTED] * len(units)
    assert sum(report.records for report in reports) == 828
    rows = connection.execute("select * from s2_signatures").fetchall()
    found = {(row.pid, row.band): row._asdict() for row in rows}
    check(found, read(folder / "dk_zonal_expected_pixelcentre.csv"))
