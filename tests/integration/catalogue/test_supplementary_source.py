"""CARD products that the catalogue lacks: from the store's folders, and from daily lists."""

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import shapely
from odata_service import START, ODataService, radar_entry

from dias_cbm import ledger
from dias_cbm.catalogue import supplementary_source
from dias_cbm.catalogue.all_platforms import sync_everywhere
from dias_cbm.catalogue.sync import sync
from dias_cbm.cli.catalogue import sync as command
from dias_cbm.db.connection import Connection
from dias_cbm.errors import SettingsError
from dias_cbm.scenes import Card, Kind, Status
from dias_cbm.seasons import Season
from dias_cbm.transport import outages

pytestmark = pytest.mark.integration

END = START + timedelta(days=1)
KINDS = (Kind.S1_GRD, Kind.CARD_BS)
FOLDER = "Sentinel-1/SAR/CARD-BS/2018/05/01"
NAME = radar_entry(2, product_type="CARD-BS")["Name"]
KNOWN = radar_entry(1, product_type="CARD-BS")["Name"]
ELSEWHERE = radar_entry(7, product_type="CARD-BS")["Name"]


@pytest.fixture
def store(tmp_path: Path, service: ODataService, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with three products of which the catalogue lists one, and acquisitions of two."""
    for name in (NAME, KNOWN, ELSEWHERE, "a stray folder"):
        image = tmp_path / FOLDER / name / f"{name}.data" / "Gamma0_VV.img"
        image.parent.mkdir(parents=True)
        image.touch()
    service.entries = [
        radar_entry(1),
        radar_entry(2, slice=3),
        radar_entry(1, product_type="CARD-BS"),
    ]
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{tmp_path}")
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_SECOND_SOURCE", "store")
    return tmp_path


def cards(connection: Connection) -> dict[str, str]:
    rows = connection.execute(
        "select reference, product_id from dias_catalogue where card = 'bs' order by reference"
    ).fetchall()
    connection.commit()
    return {row.reference: row.product_id for row in rows}


def test_the_store_gives_what_the_catalogue_lacks(
    connection: Connection, season: Season, store: Path
) -> None:
    report = sync_everywhere(connection, season, KINDS, START, END).given["local"]
    assert (report.new, report.skipped) == (4, 2)
    assert cards(connection) == {KNOWN: "CARD-BS-1", NAME: f"found:/eodata/{FOLDER}/{NAME}"}
    (row,) = connection.execute("select id from dias_catalogue where reference = %s", (NAME,))
    scene = ledger.get(connection, row.id)
    # Ground and orbit are those of the acquisition.
    assert scene.footprint is not None
    assert scene.footprint.bounds == (9, 55, 11, 56.5)
    assert (scene.rel_orbit, scene.direction, scene.slice) == (117, "A", 3)
    assert (scene.obstime, scene.status) == (START + timedelta(seconds=50), Status.INGESTED)
    assert scene.location == f"/eodata/{FOLDER}/{NAME}"
    source = connection.execute(
        "select source.product_id from card_source join dias_catalogue as source"
        " on source.id = source_id where card_id = %s",
        (row.id,),
    ).fetchone()
    assert source == ("IW_GRDH_1S-2",)
    again = sync_everywhere(connection, season, KINDS, START, END).given["local"]
    assert again.new == 0


def test_the_catalogue_takes_over_what_it_lists_later(
    connection: Connection, season: Season, service: ODataService, store: Path
) -> None:
    sync_everywhere(connection, season, KINDS, START, END)
    before = connection.execute("select count(*) as n from dias_catalogue").fetchone()
    service.entries.append(radar_entry(2, product_type="CARD-BS"))
    sync(connection, season, KINDS, START, END)
    assert cards(connection)[NAME] == "CARD-BS-2"
    assert connection.execute("select count(*) as n from dias_catalogue").fetchone() == before


def test_coherence_is_placed_by_its_acquisition(
    connection: Connection, season: Season, service: ODataService, store: Path
) -> None:
    name = "S1A_20180501T053000_20180425T053000_021713_021626_1A2B_CARD-COH6"
    (store / FOLDER.replace("CARD-BS", "CARD-COH6") / name).mkdir(parents=True)
    (store / FOLDER.replace("CARD-BS", "CARD-COH6") / name / f"{name}.tif").touch()
    service.entries = [radar_entry(0, product_type="IW_SLC__1S")]
    kinds = (Kind.S1_SLC, Kind.CARD_COH6)
    sync_everywhere(connection, season, kinds, START, END)
    (row,) = connection.execute("select id from dias_catalogue where card = 'c6'")
    scene = ledger.get(connection, row.id)
    assert (scene.reference, scene.rel_orbit, scene.datatake) == (name, 117, str(0x2574C))
    assert (scene.obstime, scene.endtime) == (START, START + timedelta(seconds=25))


def test_a_silent_second_source_is_told_and_stops_nothing(
    connection: Connection, season: Season, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", "files:/nowhere/at/all")
    assert sync_everywhere(connection, season, KINDS, START, END).given["local"].new == 3
    (pause,) = outages.open_pauses(connection)
    assert (pause.platform, pause.service) == ("local", "second source")
    assert "/nowhere/at/all" in pause.error


def test_another_word_is_no_second_source(connection: Connection, season: Season) -> None:
    with pytest.raises(SettingsError, match="is not a second source"):
        supplementary_source.sync(connection, season, KINDS, START, END, "local", address="csv")


@pytest.fixture
def lists() -> Iterator[str]:
    """A Swift container of daily lists with two CARD products: over the season, and beside it."""
    row = "{0};{0};1;2018-05-02T01:00:00Z;{1};{1};MD5;aa;s3://eodata/{2}/{0};{3}\n"
    start = START + timedelta(seconds=50)
    here, there = shapely.box(9, 55, 11, 57).wkt, shapely.box(-9, 55, -8, 57).wkt
    text = "Id;Name;ContentLength;IngestionDate;ContentDate:Start;ContentDate:End"
    text += ";Checksum:Algorithm;Checksum:Value;S3Path;Bbox\n"
    text += row.format(NAME, f"{start:%FT%TZ}", FOLDER, here)
    text += row.format(ELSEWHERE, f"{start:%FT%TZ}", FOLDER, there)
    name = "S1A/2018/05/S1A_20180501_COPERNICUS_catalogue_20180502.csv"

    class Container(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            prefix = parse_qs(parts.query).get("prefix", [""])[0]
            kind, body = "text/csv", text
            if not parts.path.endswith(".csv"):
                kind, body = "application/json", f'[{{"name": "{name}"}}]'
                body = body if prefix and name.startswith(prefix) else "[]"
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Container)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/CatalogueCSV"
    server.shutdown()
    server.server_close()


def test_daily_lists_by_the_command(
    connection: Connection,
    season: Season,
    service: ODataService,
    lists: str,
    monkeypatch: pytest.MonkeyPatch,
    database: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CBM_DATABASE_URL", database)
    service.entries = [radar_entry(2)]
    command(season.name, card=[Card.BS], second_source=lists)
    assert capsys.readouterr().out.startswith("found 2: 2 new")
    assert cards(connection) == {NAME: NAME}
    (row,) = connection.execute("select id from dias_catalogue where card = 'bs'")
    scene = ledger.get(connection, row.id)
    assert (scene.location, scene.checksum) == (f"s3://eodata/{FOLDER}/{NAME}", "md5:aa")
    # The acquisition's own outline, not the list's box.
    assert scene.footprint is not None
    assert scene.footprint.bounds == (9, 55, 11, 56.5)
