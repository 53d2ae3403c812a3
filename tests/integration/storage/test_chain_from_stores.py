"""Cards, extraction and downloads from S3 and Swift, from whichever platform has them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
from blocks import AREA, add_scene
from card_products import BS_NAME, write_backscatter
from fields import field

from cbm import ledger
from cbm.card.make import make_card
from cbm.cli.download import download
from cbm.database import Connection
from cbm.extraction.run import Outcome, extract
from cbm.parcels.load import load
from cbm.scenes import Status
from cbm.storage import Credentials, credentials_from, open_chain, open_store

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
    monkeypatch.setenv("CBM_PRODUCT_FOLDER", str(tmp_path / "products"))
    monkeypatch.setenv("CBM_HTTP_ATTEMPTS", "1")
    return folder


def test_from_the_store_to_signatures(
    product: Path, connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform that is asked first has nothing; the next one gives the product."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("CBM_PLATFORMS_CDSE_STORE", f"files:{empty}")
    monkeypatch.setenv("CBM_FETCH_FROM", "cdse, local")
    frame = geopandas.GeoDataFrame(
        {"pid": ["one"], "crop": ["barley"]}, geometry=[field(0, 0, 4, 2)], crs=32632
    )
    frame.to_file(tmp_path / "parcels.gpkg")
    parcels = tmp_path / "parcels.gpkg"
    load(connection, parcels, "test-2018", id_column="pid", crop_column="crop", area=AREA)
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


def test_a_store_that_is_down_fails_its_own_scenes_only(
    product: Path, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_PLATFORMS_CDSE_STORE", "s3://eodata?endpoint=http://127.0.0.1:9")
    monkeypatch.setenv("CBM_PLATFORMS_CDSE_STORE_USER", "a")
    monkeypatch.setenv("CBM_PLATFORMS_CDSE_STORE_SECRET", "b")
    scene = add_scene(connection, BS_NAME, START, location=f"/eodata/{BS_NAME}")
    monkeypatch.setenv("CBM_FETCH_FROM", "cdse")
    failed = make_card(connection, scene.id)
    assert (failed.outcome, failed.retryable) == ("failed", True)
    assert str(failed.reason).startswith("fetch_failed: ")
    monkeypatch.setenv("CBM_FETCH_FROM", "cdse,local")
    assert make_card(connection, scene.id).outcome == "ready"


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
