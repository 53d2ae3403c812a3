"""From an acquisition in the ledger to a product made here, and what the ledger says of it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import stand_in_makers
from blocks import add_scene
from card_products import BS_NAME
from order_service import OrderPlace, serving
from shapely import MultiPolygon, box

from dias_cbm import ledger
from dias_cbm.card.engines import registry
from dias_cbm.card.engines.registry import Maker
from dias_cbm.card.make import make_card
from dias_cbm.card.plan import plan_products
from dias_cbm.db.connection import Connection
from dias_cbm.known_bad import KnownBad, add
from dias_cbm.ledger import LedgerScene
from dias_cbm.scenes import Card, Cause, Kind, Status
from dias_cbm.storage import open_chain

pytestmark = pytest.mark.integration

GRD = BS_NAME.removesuffix("_CARD_BS")
START = datetime(2018, 5, 11, 5, 39, 56, tzinfo=UTC)
END = datetime(2018, 5, 12, tzinfo=UTC)
PLACE = MultiPolygon([box(9.0, 56.837, 9.0105, 56.8428)])


@pytest.fixture
def scene(connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LedgerScene:
    """A product that the stand-in is to make of an acquisition in the local store."""
    maker = Maker("stand_in_makers:make_backscatter")
    monkeypatch.setitem(registry.MAKERS, ("embedded", Card.BS), maker)  # type: ignore[arg-type]
    for name, value in {
        "PYTHONPATH": str(Path(stand_in_makers.__file__).parent),
        "CBM_PLATFORM": "local",
        "CBM_PLATFORMS_LOCAL_STORE": f"files:{tmp_path / 'eodata'}",
        "CBM_PLATFORMS_MADE_STORE": f"files:{tmp_path / 'made'}",
        "CBM_CARD_BS_ENGINES": "embedded",
        "CBM_CARD_FREE_GB": "0",
    }.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "eodata" / f"{GRD}.SAFE").mkdir(parents=True)
    location = f"/eodata/{GRD}.SAFE"
    add_scene(connection, GRD, START, Kind.S1_GRD, footprint=PLACE, location=location)
    (scene_id,) = plan_products(connection, Card.BS, START, END)
    connection.commit()
    return ledger.get(connection, scene_id)


def test_made_recorded_and_opened_like_any_other(
    connection: Connection, scene: LedgerScene
) -> None:
    outcome = make_card(connection, scene.id)
    assert (outcome.outcome, outcome.reason) == ("ready", None)
    row = ledger.get(connection, scene.id)
    assert row.engine is not None
    assert row.engine["engine"] == "embedded"
    assert row.engine["graph"] == "sha256:1"
    assert row.engine["sources"] == [GRD]
    assert set(row.engine["bands"]) == {"VV", "VH"}
    assert row.location == f"/eodata/Sentinel-1/SAR/CARD-BS/2018/05/11/{BS_NAME}"
    assert row.size is not None
    assert row.size > 2 * 64 * 64 * 4
    with open_chain(row.platform).opened(row.location) as product:
        assert (product / f"{BS_NAME}.dim").is_file()
    assert make_card(connection, scene.id).outcome == "unchanged"


def test_killed_before_the_ledger_knew_it_is_not_made_again(
    connection: Connection, scene: LedgerScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_card(connection, scene.id)
    ledger.change(connection, scene.id, expected=Status.READY, to=Status.INGESTED)
    connection.commit()
    monkeypatch.setenv(stand_in_makers.TROUBLE, "crash")
    assert make_card(connection, scene.id).outcome == "ready"


def test_a_failure_has_its_reason_and_another_try(
    connection: Connection, scene: LedgerScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(stand_in_makers.TROUBLE, "crash")
    outcome = make_card(connection, scene.id)
    assert outcome.status is Status.FAILED
    assert outcome.cause is Cause.CARD_FAILED
    assert "last words" in str(outcome.reason)
    monkeypatch.delenv(stand_in_makers.TROUBLE)
    assert make_card(connection, scene.id).outcome == "ready"
    assert ledger.get(connection, scene.id).attempts == 1


def test_orbit_files_that_cannot_be_read_are_a_cause_of_their_own(
    connection: Connection, scene: LedgerScene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_CARD_ORBIT_FOLDER", str(tmp_path / "orbits"))
    (tmp_path / "orbits").mkdir()
    name = "S1A_OPER_AUX_POEORB_OPOD_20180531T120544_V20180510T225942_20180512T005942.EOF"
    bad = tmp_path / "orbits" / name
    bad.touch()
    outcome = make_card(connection, scene.id)
    assert outcome.cause is Cause.ORBIT_UNREADABLE
    assert f"none of its orbit files can be read: {name}: is not XML" in str(outcome.reason)
    assert ledger.get(connection, scene.id).cause is Cause.ORBIT_UNREADABLE
    bad.unlink()
    assert ledger.reopen(connection, scene.id, "tried again") is Status.INGESTED
    assert make_card(connection, scene.id).outcome == "ready"


def test_an_engine_with_its_own_orbits_does_not_mind_the_files(
    connection: Connection, scene: LedgerScene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = Maker("stand_in_makers:make_backscatter", reads_orbits=False)
    monkeypatch.setitem(registry.MAKERS, ("embedded", Card.BS), maker)  # type: ignore[arg-type]
    monkeypatch.setenv("CBM_CARD_ORBIT_FOLDER", str(tmp_path))
    bad = "S1A_OPER_AUX_POEORB_OPOD_20180531T120544_V20180510T225942_20180512T005942.EOF"
    (tmp_path / bad).touch()
    assert make_card(connection, scene.id).outcome == "ready"


def test_a_product_of_a_bad_acquisition_is_bad(
    connection: Connection, scene: LedgerScene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "bad.toml"
    add(KnownBad(GRD, "7 km off", "disclaimer 0"), own)
    monkeypatch.setenv("CBM_CATALOGUE_KNOWN_BAD", str(own))
    assert make_card(connection, scene.id).cause is Cause.KNOWN_BAD


def test_a_pair_that_is_not_synchronised_is_not_made_again(
    connection: Connection, scene: LedgerScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(stand_in_makers.TROUBLE, "unsynchronised")
    outcome = make_card(connection, scene.id)
    assert (outcome.status, outcome.cause) == (Status.FAILED, Cause.UNSYNCHRONISED)
    assert "104 ms later: 43% in common" in str(ledger.get(connection, scene.id).reason)
    monkeypatch.delenv(stand_in_makers.TROUBLE)
    again = make_card(connection, scene.id)
    assert (again.outcome, again.cause) == ("unchanged", Cause.UNSYNCHRONISED)


def test_an_acquisition_that_the_store_lacks(
    connection: Connection, scene: LedgerScene, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "eodata" / f"{GRD}.SAFE")
    outcome = make_card(connection, scene.id)
    assert outcome.cause is Cause.FETCH_FAILED
    assert outcome.retryable


def test_no_elevation_model_is_said(
    connection: Connection, scene: LedgerScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    needy = Maker("stand_in_makers:make_backscatter", needs_dem=True)
    monkeypatch.setitem(registry.MAKERS, ("embedded", Card.BS), needy)  # type: ignore[arg-type]
    assert "set CBM_CARD_DEM" in str(make_card(connection, scene.id).reason)


def test_a_used_up_quota_leads_to_the_embedded_engine(
    connection: Connection, scene: LedgerScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.execute("truncate card_order")
    connection.execute(
        "insert into card_order (platform, name, attempt, kind, source, external_id, state)"
        " values ('local', 'another', 1, 'CARD_BS', 'x', '1', 'running')"
    )
    connection.commit()
    monkeypatch.setenv("CBM_CARD_BS_ENGINES", "order,embedded")
    with serving(OrderPlace()) as url:
        monkeypatch.setenv("CBM_PLATFORMS_LOCAL_ORDER_URL", url)
        assert make_card(connection, scene.id).outcome == "ready"
    engine = ledger.get(connection, scene.id).engine
    assert engine is not None
    assert engine["engine"] == "embedded"
    assert "1 of 1 orders" in engine["failed_before"]["order"]
