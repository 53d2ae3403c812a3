"""A scene's way from listed to ready, and what the ledger says when it fails."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from blocks import add_scene
from card_products import (
    BS_NAME,
    COHERENCE_NAME,
    L2A_NAME,
    TRANSFORM_10M,
    UTM32,
    l2a_xml,
    write_backscatter,
    write_coherence,
    write_l2a,
    write_raster,
)
from shapely import MultiPolygon, box

from dias_cbm import ledger
from dias_cbm.card.engines import Job
from dias_cbm.card.make import make_card
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import CardFailed, SettingsError, StateConflict
from dias_cbm.known_bad import KnownBad, add
from dias_cbm.ledger import LedgerScene
from dias_cbm.products.model import Product
from dias_cbm.scenes import Cause, Kind, Status

pytestmark = pytest.mark.integration

VV = np.random.default_rng(1).gamma(4, 0.02, (64, 64))
START = datetime(2018, 5, 11, 5, 39, 56, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "eodata"
    folder.mkdir()
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{folder}")
    return folder


def bytes_of(product: Path) -> int:
    return sum(file.stat().st_size for file in product.rglob("*") if file.is_file())


def backscatter(connection: Connection, store: Path, **options: object) -> LedgerScene:
    product = write_backscatter(store, {"Gamma0_VV": VV, "Gamma0_VH": VV / 5})
    listed = {"location": f"/eodata/{BS_NAME}", "size": bytes_of(product)} | options
    return add_scene(connection, BS_NAME, START, **listed)


def test_ready_with_what_made_it(connection: Connection, store: Path) -> None:
    scene = backscatter(connection, store)
    outcome = make_card(connection, scene.id)
    assert (outcome.outcome, outcome.status, outcome.reason) == ("ready", Status.READY, None)
    row = ledger.get(connection, scene.id)
    assert row.status is Status.READY
    assert row.attempts == 0
    assert row.engine is not None
    assert row.engine["engine"] == "ready"
    assert row.engine["bytes"] == scene.size
    assert set(row.engine["bands"]) == {"VV", "VH"}
    assert row.engine["bands"]["VV"] == {
        "dtype": "float32",
        "nodata": 0.0,
        "scale": 1.0,
        "offset": 0.0,
        "crs": "EPSG:32632",
        "pixel": 10.0,
    }
    assert datetime.fromisoformat(row.engine["checked_at"]).tzinfo is not None
    assert row.engine["version"]


def test_optical_offset_is_kept(connection: Connection, store: Path) -> None:
    dn = np.full((64, 64), 2000)
    xml = l2a_xml(offsets={3: -1000, 7: -1000})
    write_l2a(store, {"B04": dn, "B08": dn}, np.full((32, 32), 4), xml=xml)
    scene = add_scene(
        connection, L2A_NAME, START, Kind.S2_L2A, tile="32VNH", location=f"/eodata/{L2A_NAME}.SAFE"
    )
    assert make_card(connection, scene.id).outcome == "ready"
    engine = ledger.get(connection, scene.id).engine
    assert engine is not None
    assert engine["bands"]["B04"]["offset"] == pytest.approx(-0.1)
    assert engine["offset_from"] == "metadata"
    assert "SCL" in engine["bands"]


def clipped(connection: Connection, store: Path, place: tuple[int, int]) -> LedgerScene:
    """A product whose classes begin some pixels of 10 m right of and below its bands."""
    dn = np.full((64, 64), 2000)
    xml = l2a_xml(offsets={3: -1000, 7: -1000})
    path = write_l2a(store, {"B04": dn, "B08": dn}, None, xml=xml)
    file = path / "GRANULE/L2A_T32VNH_A015062_20180511T103021/IMG_DATA/R20m/x_SCL_20m.tif"
    there = TRANSFORM_10M @ Affine.translation(*place) @ Affine.scale(2)
    write_raster(file, np.full((32, 32), 4, "u1"), there, UTM32)
    return add_scene(
        connection, L2A_NAME, START, Kind.S2_L2A, tile="32VNH", location=f"/eodata/{L2A_NAME}.SAFE"
    )


def test_a_clipped_product_is_used_and_its_provenance_says_what_is_not_covered(
    connection: Connection, store: Path
) -> None:
    scene = clipped(connection, store, (30, 0))
    assert make_card(connection, scene.id).outcome == "ready"
    engine = ledger.get(connection, scene.id).engine
    assert engine is not None
    assert engine["not_covered"].startswith("its layers share 34 x 64 pixels of B04")
    assert "SCL reaches 300 east further" in engine["not_covered"]


def test_layers_without_ground_in_common_are_not_corrupt(
    connection: Connection, store: Path
) -> None:
    outcome = make_card(connection, clipped(connection, store, (64, 0)).id)
    assert (outcome.status, outcome.cause) == (Status.FAILED, Cause.NO_PARCELS)
    assert "its layers have no ground in common: B0" in str(outcome.reason)


@pytest.fixture
def bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The product of ``backscatter`` is on the list."""
    own = tmp_path / "bad.toml"
    add(KnownBad(BS_NAME.removesuffix("_CARD_BS"), "7 km off", "disclaimer 0"), own)
    monkeypatch.setenv("CBM_CATALOGUE_KNOWN_BAD", str(own))


@pytest.mark.usefixtures("bad")
def test_the_only_product_that_is_known_to_be_bad_is_a_gap(
    connection: Connection, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = backscatter(connection, store)
    outcome = make_card(connection, scene.id)
    assert (outcome.outcome, outcome.cause) == ("failed", Cause.KNOWN_BAD)
    assert outcome.reason == "7 km off (disclaimer 0)"
    monkeypatch.setenv("CBM_CATALOGUE_KNOWN_BAD_ALONE", "use")
    assert make_card(connection, scene.id).outcome == "ready"


@pytest.mark.usefixtures("bad")
def test_it_is_used_with_a_warning_where_the_setting_says_so(
    connection: Connection,
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("CBM_CATALOGUE_KNOWN_BAD_ALONE", "use")
    scene = backscatter(connection, store)
    assert make_card(connection, scene.id).outcome == "ready"
    engine = ledger.get(connection, scene.id).engine
    assert engine is not None
    assert engine["known_bad"] == "7 km off (disclaimer 0)"
    assert "used, although known to be bad: 7 km off (disclaimer 0)" in caplog.text


def test_coherence(connection: Connection, store: Path) -> None:
    write_coherence(store, np.stack([VV, VV]), ("coh_VH", "coh_VV"))
    scene = add_scene(
        connection, COHERENCE_NAME, START, Kind.CARD_COH6, location=f"/eodata/{COHERENCE_NAME}"
    )
    assert make_card(connection, scene.id).outcome == "ready"


def test_run_twice_changes_nothing(connection: Connection, store: Path) -> None:
    scene = backscatter(connection, store)
    make_card(connection, scene.id)
    before = ledger.get(connection, scene.id)
    assert make_card(connection, scene.id).outcome == "unchanged"
    assert ledger.get(connection, scene.id) == before


@pytest.mark.parametrize("status", [Status.READY, Status.EXTRACTED, Status.NO_PARCELS])
def test_scene_that_is_further_is_left_alone(
    connection: Connection, store: Path, status: Status
) -> None:
    scene = add_scene(connection, BS_NAME, START, status=status)
    outcome = make_card(connection, scene.id)
    assert (outcome.outcome, outcome.status) == ("unchanged", status)


def test_truncated_object(connection: Connection, store: Path) -> None:
    scene = backscatter(connection, store)
    image = next(store.rglob("Gamma0_VH.img"))
    image.write_bytes(image.read_bytes()[:5000])
    outcome = make_card(connection, scene.id)
    assert (outcome.outcome, outcome.status, outcome.retryable) == ("failed", Status.FAILED, False)
    row = ledger.get(connection, scene.id)
    assert (row.cause, row.reason) == (outcome.cause, outcome.reason)
    assert outcome.reason is not None
    assert outcome.cause is Cause.CORRUPT
    assert f"{bytes_of(store)} bytes, the catalogue says {scene.size}" in outcome.reason
    assert row.attempts == 1


@pytest.mark.parametrize("size", [None, 0])
def test_truncation_is_found_without_a_listed_size(
    connection: Connection, store: Path, size: int | None
) -> None:
    scene = backscatter(connection, store, size=size)
    image = next(store.rglob("Gamma0_VH.img"))
    image.write_bytes(image.read_bytes()[:5000])
    outcome = make_card(connection, scene.id)
    assert outcome.cause is Cause.CORRUPT
    assert "5000 bytes, its header says 16384" in str(outcome.reason)


def test_size_of_the_download_is_accepted(connection: Connection, store: Path) -> None:
    scene = backscatter(connection, store)
    connection.execute("update dias_catalogue set size = size + 2000")
    connection.commit()
    assert make_card(connection, scene.id).outcome == "ready"


def test_missing_object_may_come(connection: Connection, store: Path) -> None:
    scene = add_scene(connection, BS_NAME, START)
    outcome = make_card(connection, scene.id)
    assert (outcome.outcome, outcome.retryable) == ("failed", True)
    assert outcome.cause is Cause.FETCH_FAILED
    assert str(outcome.reason).startswith("/eodata/")
    write_backscatter(store, {"Gamma0_VV": VV})
    assert make_card(connection, scene.id).outcome == "ready"
    row = ledger.get(connection, scene.id)
    assert (row.status, row.cause, row.reason, row.attempts) == (Status.READY, None, None, 1)


def test_attempts_add_up(connection: Connection, store: Path) -> None:
    scene = add_scene(connection, BS_NAME, START)
    for expected in (1, 2, 3):
        make_card(connection, scene.id)
        assert ledger.get(connection, scene.id).attempts == expected


def test_no_location(connection: Connection, store: Path) -> None:
    scene = add_scene(connection, BS_NAME, START, location=None)
    assert "no location" in str(make_card(connection, scene.id).reason)


def test_location_out_of_the_store(connection: Connection, store: Path) -> None:
    scene = add_scene(connection, BS_NAME, START, location="/eodata/../../etc")
    outcome = make_card(connection, scene.id)
    assert outcome.cause is Cause.FETCH_FAILED
    assert "leads out" in str(outcome.reason)


def test_offline_scene_waits(connection: Connection, store: Path) -> None:
    scene = backscatter(connection, store, online=False)
    outcome = make_card(connection, scene.id)
    assert (outcome.outcome, outcome.status) == ("offline", Status.INGESTED)
    assert ledger.get(connection, scene.id).attempts == 0


def test_product_elsewhere_than_listed(connection: Connection, store: Path) -> None:
    scene = backscatter(connection, store, footprint=MultiPolygon([box(20, 40, 21, 41)]))
    outcome = make_card(connection, scene.id)
    assert outcome.cause is Cause.CORRUPT
    assert "outside its footprint" in str(outcome.reason)


def test_acquisition_is_no_product(connection: Connection, store: Path) -> None:
    name = BS_NAME.removesuffix("_CARD_BS")
    scene = add_scene(connection, name, START, Kind.S1_GRD)
    assert make_card(connection, scene.id).cause is Cause.CARD_FAILED


def test_quarantined_scene_is_not_let_through(connection: Connection, store: Path) -> None:
    scene = backscatter(connection, store, footprint=None)
    assert scene.status is Status.FAILED
    outcome = make_card(connection, scene.id)
    assert (outcome.outcome, outcome.status) == ("unchanged", Status.FAILED)


def test_store_that_breaks_is_a_fetch_failure(
    connection: Connection, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = backscatter(connection, store)

    def stale(*_: object) -> int:
        raise OSError(116, "Stale file handle")

    monkeypatch.setattr("dias_cbm.storage.files.FileStore.size", stale)
    outcome = make_card(connection, scene.id)
    assert outcome.retryable
    assert outcome.cause is Cause.FETCH_FAILED
    assert "Stale file handle" in str(outcome.reason)


def test_another_task_was_quicker(connection: Connection, store: Path, database: str) -> None:
    scene = backscatter(connection, store)

    class Slow:
        name = "slow"

        def produce(self, job: Job) -> Product:
            with connect(database) as other:
                assert make_card(other, scene.id).outcome == "ready"
            raise CardFailed("too late", subject=job.scene.reference)

    outcome = make_card(connection, scene.id, Slow())
    assert (outcome.outcome, outcome.status) == ("unchanged", Status.READY)
    assert ledger.get(connection, scene.id).reason is None


def test_own_mistakes_are_raised(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StateConflict):
        make_card(connection, 12345)
    connection.rollback()
    scene = add_scene(connection, BS_NAME, START)
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", "tape:1")
    with pytest.raises(SettingsError):
        make_card(connection, scene.id)
