"""``cbm catalogue`` as a user types it."""

import json
from pathlib import Path

import pytest
from odata_service import ODataService, attribute, optical_entry, radar_entry
from typer.testing import CliRunner

from dias_cbm.cli.catalogue import app
from dias_cbm.db.connection import Connection
from dias_cbm.errors import ParcelFileError, SettingsError
from dias_cbm.seasons import Season

RING = [[9.5, 55.5], [10.5, 55.5], [10.5, 56.0], [9.5, 56.0], [9.5, 55.5]]
WINDOW = ["--from", "2018-05-01", "--to", "2018-05-31"]


@pytest.fixture
def area(tmp_path: Path) -> str:
    file = tmp_path / "area.geojson"
    file.write_text(json.dumps({"type": "Polygon", "coordinates": [RING]}))
    return str(file)


def run(*arguments: str) -> tuple[str, str]:
    """Standard output and standard error of a command that must succeed."""
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout, result.stderr


def test_search_as_json(service: ODataService, area: str) -> None:
    service.entries = [
        radar_entry(1, product_type="CARD-BS"),
        radar_entry(2, product_type="CARD-BS"),
        radar_entry(3),
        optical_entry(),
    ]
    out, _ = run("search", "--card", "bs", "--area", area, *WINDOW, "--json")
    rows = json.loads(out)
    assert [row["id"] for row in rows] == ["CARD-BS-1", "CARD-BS-2"]
    assert rows[0] | {"footprint": None} == {
        "platform": "local",
        "id": "CARD-BS-1",
        "name": "S1A_IW_GRDH_1SDV_20180501T053025_20180501T053050_021713_02574C_0001_CARD_BS",
        "kind": "CARD_BS",
        "satellite": "S1A",
        "sensed": "2018-05-01T05:30:25+00:00",
        "ends": "2018-05-01T05:30:50+00:00",
        "published": "2018-05-01T07:30:25+00:00",
        "orbit": 117,
        "absolute_orbit": 21713,
        "direction": "A",
        "datatake": str(0x2574C),
        "slice": 2,
        "tile": None,
        "baseline": None,
        "timeliness": "Fast-24h",
        "location": "/eodata/Sentinel-1/1",
        "online": True,
        "size_mb": 1.0,
        "size": 1_000_001,
        "checksum": f"md5:{1:032x}",
        "footprint": None,
    }
    assert rows[0]["footprint"]["type"] == "MultiPolygon"


def test_search_for_people(service: ODataService, area: str) -> None:
    service.entries = [radar_entry(1), optical_entry(level="1C")]
    out, err = run("search", "--card", "bs", "--card", "s2", "--level1", "--area", area, *WINDOW)
    lines = out.splitlines()
    assert lines[0].split() == [
        "name", "sensed", "published", "orbit", "direction", "tile", "size_mb",
    ]  # fmt: skip
    assert [line.split()[0][:7] for line in lines[1:]] == ["S1A_IW_", "S2A_MSI"]
    assert "2 scenes" in err


def test_search_elsewhere(
    service: ODataService, area: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    url = os.environ["CBM_PLATFORMS_LOCAL_CATALOGUE_URL"]
    monkeypatch.delenv("CBM_PLATFORMS_LOCAL_CATALOGUE_URL")
    service.entries = [radar_entry(1, product_type="CARD-BS")]
    arguments = ["--platform", "cdse", "--base-url", url + "/", "--card", "bs"]
    out, _ = run("search", *arguments, "--area", area, *WINDOW, "--json")
    assert [row["platform"] for row in json.loads(out)] == ["cdse"]


def test_what_is_left_out_is_told(service: ODataService, area: str) -> None:
    service.entries = [
        radar_entry(1, product_type="CARD-BS", GeoFootprint=None, Footprint=None),
        radar_entry(2, product_type="CARD-BS"),
        radar_entry(3, product_type="CARD-BS"),
        radar_entry(4, Attributes=[attribute("productType", "CARD-BS")], Name="x_COG.SAFE"),
    ]
    service.entries[3]["Name"] = radar_entry(4)["Name"].replace(".SAFE", "_COG.SAFE")
    out, err = run("search", "--card", "bs", "--area", area, *WINDOW, "--limit", "1", "--json")
    assert len(json.loads(out)) == 1
    assert "quarantined: S1A_IW_GRDH" in err
    assert "no footprint" in err
    assert "skipped: 1 entries" in err
    assert "stopped at --limit" in err


def test_nothing_found_is_an_empty_list(service: ODataService, area: str) -> None:
    assert json.loads(run("search", "--area", area, *WINDOW, "--json")[0]) == []
    assert run("search", "--area", area, *WINDOW)[0] == ""


def test_a_mistake_is_a_known_error(service: ODataService, area: str, tmp_path: Path) -> None:
    def fails(error: type[Exception], *arguments: str) -> None:
        with pytest.raises(error):
            CliRunner().invoke(app, ["search", *arguments], catch_exceptions=False)

    point = tmp_path / "point.geojson"
    point.write_text(json.dumps({"type": "Point", "coordinates": [9, 55]}))
    fails(ParcelFileError, "--area", str(point), *WINDOW)
    fails(ParcelFileError, "--area", str(tmp_path / "none.gpkg"), *WINDOW)
    fails(SettingsError, "--area", area, *WINDOW, "--platform", "mars")


def test_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBM_PLATFORMS_CDSE_CATALOGUE_URL", "https://me:secret@mirror/odata/v1?k=v")
    rows = {row["platform"]: row for row in json.loads(run("platforms", "--json")[0])}
    assert {"cdse", "cdse-stac", "creodias", "local", "mundi", "onda", "sobloo"} < set(rows)
    assert (rows["mundi"]["state"], rows["mundi"]["page"]) == ("closed", 50)
    assert rows["cdse"]["catalogue"] == "https://mirror/odata/v1"
    assert rows["cdse"]["orders"]  # of CREODIAS the address comes with the contract
    assert rows["creodias"] == {
        "platform": "creodias",
        "state": "live",
        "protocol": "odata",
        "catalogue": "https://datahub.creodias.eu/odata/v1",
        "store": "files:/eodata",
        "second_source": "",
        "by_publication": True,
        "deletions": True,
        "orders": False,
        "page": 1000,
        "offset": 10_000,
    }


@pytest.mark.integration
def test_sync_fills_the_ledger(
    connection: Connection, season: Season, service: ODataService
) -> None:
    service.entries = [radar_entry(1), radar_entry(1, product_type="CARD-BS"), optical_entry()]
    out, _ = run("sync", "dk-2018", "--card", "bs", "--json")
    report = json.loads(out)
    assert (report["found"], report["new"], len(report["ready_ids"])) == (2, 2, 1)
    out, _ = run("sync", "dk-2018", "--new")
    assert out.startswith("found 3: 1 new, 0 published again, 0 superseded, 0 quarantined")
    out, _ = run("sync", "dk-2018", "--from", "2018-06-01", "--to", "2018-06-01")
    assert out.startswith("found 0")


@pytest.mark.integration
def test_sync_asks_the_other_platforms_when_one_is_silent(
    connection: Connection, season: Season, service: ODataService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_PLATFORM", "creodias")
    monkeypatch.setenv("CBM_PLATFORMS_CREODIAS_CATALOGUE_URL", "http://127.0.0.1:9/odata/v1")
    monkeypatch.setenv("CBM_EXTRA_PLATFORMS", "local")
    monkeypatch.setenv("CBM_HTTP_ATTEMPTS", "1")
    service.entries = [radar_entry(1)]
    result = CliRunner().invoke(app, ["sync", "dk-2018", "--card", "bs"])
    assert result.exit_code == 1
    assert result.stdout.startswith("found 1: 1 new")
    assert result.stderr.startswith("error: creodias: ")
