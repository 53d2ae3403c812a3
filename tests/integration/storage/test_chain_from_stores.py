"""Cards, extraction and downloads from S3 and Swift, from whichever platform has them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import rasterio
from blocks import AREA, add_scene
from card_products import BS_NAME, write_backscatter, write_coherence
from fault_proxy import FaultProxy
from fields import field

from dias_cbm import ledger
from dias_cbm.card.make import make_card
from dias_cbm.cli.download import download
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.extraction.report import Outcome
from dias_cbm.extraction.unit import extract
from dias_cbm.parcels.load import load
from dias_cbm.scenes import Cause, Kind, Status
from dias_cbm.storage import Credentials, credentials_from, open_chain, open_store
from dias_cbm.transport import outages
from dias_cbm.transport.outages import Service

pytestmark = [pytest.mark.integration, pytest.mark.timeout(90)]

START = datetime(2018, 5, 11, 5, 39, 56, tzinfo=UTC)
VV = np.arange(1, 49, dtype=np.float32).reshape(6, 8)


@pytest.fixture
def product(face: str, node: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A product, uploaded; the platform ``local`` reads it by one of the faces."""
    folder = write_backscatter(tmp_path / "made", {"Gamma0_VV": VV, "Gamma0_VH": VV / 8})
    connection = node.connection()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        key = file.relative_to(folder.parent).as_posix()
        connection.put_object("eodata", key, file.read_bytes())
    stores = {
        "s3": f"s3://eodata?endpoint={node.endpoint}",
        "swift": f"swift://eodata?auth={node.endpoint}/auth/v1.0",
    }
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", stores[face])
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE_USER", "test:tester")
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE_SECRET", "testing")
    monkeypatch.setenv("CBM_STORE_CACHE_FOLDER", str(tmp_path / "products"))
    monkeypatch.setenv("CBM_HTTP_ATTEMPTS", "1")
    return folder


@pytest.fixture
def parcel(connection: Connection, tmp_path: Path) -> None:
    """A season with one parcel over the product."""
    frame = geopandas.GeoDataFrame(
        {"pid": ["one"], "crop": ["barley"]}, geometry=[field(0, 0, 4, 2)], crs=32632
    )
    frame.to_file(tmp_path / "parcels.gpkg")
    parcels = tmp_path / "parcels.gpkg"
    load(connection, parcels, "test-2018", id_column="pid", crop_column="crop", area=AREA)


def test_from_the_store_to_signatures(
    product: Path,
    parcel: None,
    connection: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The platform that is asked first has nothing; the next one gives the product."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("CBM_PLATFORMS_CDSE_STORE", f"files:{empty}")
    monkeypatch.setenv("CBM_STORE_PLATFORMS", "cdse, local")
    scene = add_scene(connection, BS_NAME, START, location=f"/eodata/{BS_NAME}")

    outcome = make_card(connection, scene.id)

    assert (outcome.outcome, outcome.reason) == ("ready", None)
    engine = ledger.get(connection, scene.id).engine
    assert engine is not None
    assert engine["fetched_from"] == "local"
    kept = list((tmp_path / "products").rglob("Gamma0_VV.img"))
    assert len(kept) == 1

    (unit,) = ledger.plan_extractions(connection, scene.id)
    connection.commit()
    report = extract(connection, unit, "test")

    assert report.outcome is Outcome.EXTRACTED
    row = connection.execute("select * from signatures where band = 'VV'").fetchone()
    connection.commit()
    assert row is not None
    # columns 0 to 3 of rows 0 and 1: 1 2 3 4 and 9 10 11 12
    assert (row.count, row.mean, row.min, row.max) == (8, 6.5, 1, 12)
    assert ledger.get(connection, scene.id).status is Status.EXTRACTED
    assert list((tmp_path / "products").rglob("*.img")) == []


def test_what_arrives_is_what_the_catalogue_names(
    product: Path, connection: Connection, node: Any, tmp_path: Path
) -> None:
    """A coherence product is one object, so that the catalogue's checksum is that of the object."""
    (file,) = write_coherence(tmp_path / "made", VV[None] / 48, ("VV",)).glob("*.tif")
    node.connection().put_object("eodata", file.name, file.read_bytes())
    right = f"md5:{hashlib.md5(file.read_bytes()).hexdigest()}"  # noqa: S324

    def made(checksum: str) -> Any:
        options = {"location": f"/eodata/{file.name}", "checksum": checksum}
        scene = add_scene(connection, file.stem, START, Kind.CARD_COH6, **options)
        return make_card(connection, scene.id)

    wrong = made("md5:" + "0" * 32)
    assert (wrong.outcome, wrong.cause) == ("failed", Cause.FETCH_FAILED)
    assert made(right).outcome == "ready"


def test_a_store_that_is_down_pauses_its_own_scenes_only(
    product: Path, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_PLATFORMS_CDSE_STORE", "s3://eodata?endpoint=http://127.0.0.1:9")
    monkeypatch.setenv("CBM_PLATFORMS_CDSE_STORE_USER", "a")
    monkeypatch.setenv("CBM_PLATFORMS_CDSE_STORE_SECRET", "b")
    scene = add_scene(connection, BS_NAME, START, location=f"/eodata/{BS_NAME}")
    monkeypatch.setenv("CBM_STORE_PLATFORMS", "cdse")
    for _ in range(2):  # the second time it is not even asked
        paused = make_card(connection, scene.id)
        assert (paused.outcome, paused.status) == ("paused", Status.INGESTED)
        assert paused.cause is Cause.PAUSED
    row = ledger.get(connection, scene.id)
    assert (row.status, row.attempts, row.reason) == (Status.INGESTED, 0, paused.reason)
    (pause,) = outages.open_pauses(connection)
    assert (pause.platform, pause.service, pause.tries) == ("local", "store", 1)
    assert pause.waiting == 1
    connection.execute("update platform_pause set until = now() - interval '1 second'")
    connection.commit()
    monkeypatch.setenv("CBM_STORE_PLATFORMS", "cdse,local")
    assert make_card(connection, scene.id).outcome == "ready"
    assert outages.open_pauses(connection) == []


def test_a_product_that_the_store_does_not_give_stops_no_other(
    product: Path,
    connection: Connection,
    node: Any,
    proxy: FaultProxy,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    through_proxy = settings().known("local").store.replace(node.endpoint, proxy.url)
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", through_proxy)
    proxy.broken = "withheld"
    withheld = add_scene(connection, f"withheld{BS_NAME}", START, location="/eodata/withheld")
    node.connection().put_object("eodata", "withheld/manifest", b"x")
    failed = make_card(connection, withheld.id)
    assert (failed.outcome, failed.status) == ("failed", Status.FAILED)
    assert failed.cause is Cause.FETCH_FAILED
    assert outages.open_pauses(connection) == []
    scene = add_scene(connection, BS_NAME, START, location=f"/eodata/{BS_NAME}")
    assert make_card(connection, scene.id).outcome == "ready"


def test_tries_at_the_same_time_are_one(connection: Connection) -> None:
    now = START
    for seconds in (0, 1, 29):
        outages.begin(connection, "local", Service.STORE, "gone", now + timedelta(seconds=seconds))
    (pause,) = outages.open_pauses(connection)
    assert (pause.tries, pause.until - now) == (1, timedelta(seconds=30))
    outages.begin(connection, "local", Service.STORE, "gone", pause.until)
    (again,) = outages.open_pauses(connection)
    assert (again.tries, again.until - pause.until) == (2, timedelta(seconds=60))


def test_large_rasters_of_which_little_is_needed_stay_in_the_store(
    product: Path,
    parcel: None,
    connection: Connection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same signatures; the rasters are never local, and neither are the credentials."""
    monkeypatch.setenv("CBM_STORE_RANGE_READS_BELOW", "1")
    monkeypatch.setenv("CBM_STORE_RANGE_READS_FROM_MB", "0.0001")
    scene = add_scene(connection, BS_NAME, START, location=f"/eodata/{BS_NAME}")

    assert make_card(connection, scene.id).outcome == "ready"
    images = list((tmp_path / "products").rglob("*.img"))
    assert len(images) == 2
    for image in images:
        written = image.read_text()
        assert "/vsi" in written
        assert "testing" not in written
    assert any(path.suffix == ".hdr" for path in (tmp_path / "products").rglob("*"))
    with pytest.raises(rasterio.RasterioIOError), rasterio.open(images[0]) as outside:
        outside.read(1)

    (unit,) = ledger.plan_extractions(connection, scene.id)
    connection.commit()
    assert extract(connection, unit, "test").outcome is Outcome.EXTRACTED
    row = connection.execute("select * from signatures where band = 'VV'").fetchone()
    connection.commit()
    assert row is not None
    assert (row.count, row.mean, row.min, row.max) == (8, 6.5, 1, 12)
    assert not list((tmp_path / "products").rglob("*.img"))


def test_a_truncated_raster_is_found_by_ranges_too(
    product: Path, parcel: None, node: Any, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_STORE_RANGE_READS_BELOW", "1")
    monkeypatch.setenv("CBM_STORE_RANGE_READS_FROM_MB", "0.0001")
    (image,) = product.rglob("Gamma0_VV.img")
    key = image.relative_to(product.parent).as_posix()
    node.connection().put_object("eodata", key, image.read_bytes()[:-50])
    scene = add_scene(connection, BS_NAME, START, location=f"/eodata/{BS_NAME}")
    assert make_card(connection, scene.id).cause is Cause.CORRUPT


def test_a_store_that_goes_down_costs_an_extraction_no_attempt(
    product: Path, parcel: None, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = add_scene(connection, BS_NAME, START, location=f"/eodata/{BS_NAME}")
    make_card(connection, scene.id)
    open_store("local").release(f"/eodata/{BS_NAME}")
    (unit,) = ledger.plan_extractions(connection, scene.id)
    connection.commit()
    with monkeypatch.context() as away:
        away.setenv("CBM_PLATFORMS_LOCAL_STORE", "s3://eodata?endpoint=http://127.0.0.1:9")
        report = extract(connection, unit, "test")
    assert report.outcome is Outcome.PAUSED
    row = connection.execute("select status, attempts, claimed_by, cause from extraction")
    status, attempts, worker, cause = row.fetchone() or ()
    assert (status, attempts, worker) == ("ready", 0, None)
    assert cause == Cause.PAUSED
    assert ledger.get(connection, scene.id).status is Status.READY
    assert extract(connection, unit, "test").outcome is Outcome.EXTRACTED
    assert outages.open_pauses(connection) == []


def test_one_product_by_its_name(
    product: Path, connection: Connection, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    add_scene(connection, BS_NAME, START, location=f"/eodata/{BS_NAME}")
    connection.commit()
    download(BS_NAME, None, tmp_path / "here")
    files = {path.relative_to(product): path for path in product.rglob("*") if path.is_file()}
    for inside, path in files.items():
        assert (tmp_path / "here" / BS_NAME / inside).read_bytes() == path.read_bytes()
    assert f"{len(files)} files from local" in capsys.readouterr().out


def test_credentials_of_whoever_runs_us(product: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CBM_PLATFORMS_LOCAL_STORE_USER")
    given = {"local": Credentials("test:tester", "testing")}
    with credentials_from(given.get):
        assert open_store("local").exists(f"/eodata/{BS_NAME}")
        assert open_chain("local").platform == "local"
