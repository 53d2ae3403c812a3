"""Products made here are everybody's: in an object store, or in a folder that is really shared."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import card_worker
import geopandas
import pytest
import stand_in_makers
from blocks import AREA, add_scene
from card_products import BS_NAME
from fields import field
from shapely import MultiPolygon, box

from dias_cbm import chips, ledger, seasons
from dias_cbm.card import made_store
from dias_cbm.card.engines import engine_of, registry
from dias_cbm.card.make import make_card
from dias_cbm.card.plan import plan_products
from dias_cbm.chips import Wish
from dias_cbm.db import lease
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import ChecksumMismatch, FolderNotShared
from dias_cbm.ledger import LedgerScene
from dias_cbm.parcels.load import load
from dias_cbm.scenes import Card, Cause, Kind, Status
from dias_cbm.storage import open_store

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

GRD = BS_NAME.removesuffix("_CARD_BS")
START = datetime(2018, 5, 11, 5, 39, 56, tzinfo=UTC)
PLACE = MultiPolygon([box(9.0, 56.837, 9.0105, 56.8428)])
FILES = ["VH.hdr", "VH.img", "VV.hdr", "VV.img"]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings of a machine that makes products with the stand-in."""
    monkeypatch.setattr(registry, "MAKERS", dict(registry.MAKERS))
    card_worker.use_stand_in()
    for name, value in {
        "PYTHONPATH": str(Path(stand_in_makers.__file__).parent),
        "CBM_PLATFORM": "local",
        "CBM_PLATFORMS_LOCAL_STORE": f"files:{tmp_path / 'eodata'}",
        "CBM_CARD_BS_ENGINES": "embedded",
        "CBM_CARD_FREE_GB": "0",
        "CBM_CARD_WORK_FOLDER": str(tmp_path / "making"),
        "CBM_STORE_CACHE_FOLDER": str(tmp_path / "products"),
        "CBM_CHIPS_CACHE_FOLDER": str(tmp_path / "chips"),
        "CBM_HTTP_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path


@pytest.fixture
def bucket(node: Any, face: str, here: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty container in which products made here are kept, by either face; its name."""
    name = f"made-{os.getpid()}-{face}"
    swift = node.connection()
    swift.put_container(name)
    stores = {
        "s3": f"s3://{name}?endpoint={node.endpoint}",
        "swift": f"swift://{name}?auth={node.endpoint}/auth/v1.0",
    }
    monkeypatch.setenv("CBM_PLATFORMS_MADE_STORE", stores[face])
    monkeypatch.setenv("CBM_PLATFORMS_MADE_STORE_USER", "test:tester")
    monkeypatch.setenv("CBM_PLATFORMS_MADE_STORE_SECRET", "testing")
    yield name
    for item in swift.get_container(name, full_listing=True)[1]:
        swift.delete_object(name, item["name"])
    swift.delete_container(name)


def planned(connection: Connection, folder: Path, days: int = 1) -> list[LedgerScene]:
    """Products to be made of acquisitions in the local store, one a day."""
    for day in range(days):
        at = START + timedelta(days=day)
        name = GRD.replace("20180511", f"{at:%Y%m%d}")
        (folder / "eodata" / f"{name}.SAFE").mkdir(parents=True)
        location = f"/eodata/{name}.SAFE"
        add_scene(connection, name, at, Kind.S1_GRD, footprint=PLACE, location=location)
    end = START + timedelta(days=days)
    ids = plan_products(connection, Card.BS, START, end)
    connection.commit()
    return [ledger.get(connection, one) for one in ids]


def parcels(connection: Connection, folder: Path) -> None:
    """A season with one parcel over the products."""
    frame = geopandas.GeoDataFrame(
        {"pid": ["one"], "crop": ["barley"]}, geometry=[field(10, 30, 14, 34)], crs=32632
    )
    frame.to_file(folder / "parcels.gpkg")
    given = {"id_column": "pid", "crop_column": "crop", "area": AREA}
    load(connection, folder / "parcels.gpkg", "dk-2018", **given)


def stored(node: Any, bucket: str) -> list[str]:
    """The ends of the names of all objects."""
    listed = node.connection().get_container(bucket, full_listing=True)[1]
    return sorted(item["name"].rpartition("Gamma0_")[2].rpartition("/")[2] for item in listed)


def test_made_here_uploaded_whole_and_read_by_everybody(
    connection: Connection, here: Path, bucket: str, node: Any
) -> None:
    parcels(connection, here)
    (scene,) = planned(connection, here)
    outcome = make_card(connection, scene.id)
    assert (outcome.outcome, outcome.reason) == ("ready", None)
    row = ledger.get(connection, scene.id)
    assert row.location == f"/eodata/Sentinel-1/SAR/CARD-BS/2018/05/11/{BS_NAME}"
    assert row.size == open_store("made").size(row.location)
    assert [name for name in stored(node, bucket) if name in FILES] == FILES
    assert "provenance.json" in stored(node, bucket)
    assert not list((here / "making").rglob("*.img"))
    (unit,) = ledger.plan_extractions(connection, scene.id)
    connection.commit()
    assert card_worker.extract(connection, unit, "test").outcome == "extracted"
    # A chip reads the same product from the store.
    cut = chips.cut(connection, seasons.get(connection, "dk-2018"), "one", scene.id, Wish("VV"))
    assert cut.image


@pytest.mark.parametrize("face", ["s3"])
def test_two_workers_with_folders_of_their_own_lose_nothing(
    connection: Connection, here: Path, bucket: str
) -> None:
    """Each makes half of twelve days, and extracts the other's half."""
    parcels(connection, here)
    ids = [scene.id for scene in planned(connection, here, 12)]
    done = in_two_processes(here, ids[::2], ids[1::2])
    assert sorted(done) == sorted(
        [f"{one} ready" for one in ids] + [f"{one} extracted" for one in ids]
    )
    rows = [ledger.get(connection, one) for one in ids]
    assert {(row.status, row.cause, row.attempts) for row in rows} == {(Status.EXTRACTED, None, 0)}
    assert connection.execute("select count(*) as n from signatures").fetchone().n == 24  # type: ignore[union-attr]


def in_two_processes(here: Path, first: list[int], second: list[int]) -> list[str]:
    """Two workers, each with a working directory of its own; what they say."""
    workers = []
    for name, (make, others) in {"a": (first, second), "b": (second, first)}.items():
        (here / name).mkdir()
        own = {"CBM_CARD_WORK_FOLDER": "making", "CBM_STORE_CACHE_FOLDER": "products"}
        if not os.environ.get("CBM_PLATFORMS_MADE_STORE"):
            own["CBM_PLATFORMS_MADE_STORE"] = "files:made"
        lists = [",".join(map(str, one)) for one in (make, others)]
        workers.append(
            subprocess.Popen(
                [sys.executable, card_worker.__file__, *lists],
                cwd=here / name,
                env={**os.environ, **own},
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    said = [worker.communicate(timeout=150)[0] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0]
    return "".join(said).splitlines()


def kill_at(connection: Connection, scene: LedgerScene, line: int) -> bool:
    """Make a product in a process that is killed at its n-th line of ours; False if it ended."""
    watched = {made_store.__file__, lease.__file__, make_card.__code__.co_filename}
    pid = os.fork()
    if pid == 0:
        seen = 0

        def trace(frame: Any, event: str, _: Any) -> Any:
            nonlocal seen
            if frame.f_code.co_filename not in watched:
                return None
            seen += event == "line"
            if seen == line:
                os.kill(os.getpid(), signal.SIGKILL)
            return trace

        try:
            own = connect()
            sys.settrace(trace)
            make_card(own, scene.id)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("face", ["s3"])
def test_killed_at_a_line_nothing_is_lost_or_doubled(
    connection: Connection,
    here: Path,
    bucket: str,
    node: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lease, "LONGEST", timedelta(seconds=0.3))
    (scene,) = planned(connection, here)
    line, killed = 1, 0
    while kill_at(connection, scene, line):
        killed += 1
        line += 29
        outcome = make_card(connection, scene.id)
        assert outcome.status is Status.READY, outcome
        names = stored(node, bucket)
        assert len(names) == len(set(names)) == 6
        row = ledger.get(connection, scene.id)
        assert (row.attempts, row.cause) == (0, None)
        assert open_store("made").size(str(row.location)) == row.size
        swift = node.connection()
        for item in swift.get_container(bucket, full_listing=True)[1] if killed % 2 else []:
            swift.delete_object(bucket, item["name"])
        ledger.change(connection, scene.id, expected=Status.READY, to=Status.INGESTED)
        connection.commit()
    assert killed >= 5


@pytest.mark.parametrize("face", ["s3"])
def test_what_another_machine_uploaded_before_it_died_is_not_made_again(
    connection: Connection, here: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scene,) = planned(connection, here)
    make_card(connection, scene.id)
    ledger.change(connection, scene.id, expected=Status.READY, to=Status.INGESTED)
    connection.commit()
    monkeypatch.setenv(stand_in_makers.TROUBLE, "crash")
    monkeypatch.setenv("CBM_CARD_WORK_FOLDER", str(here / "another machine"))
    assert make_card(connection, scene.id).outcome == "ready"


@pytest.mark.parametrize("face", ["s3"])
def test_half_an_upload_is_replaced_and_strangers_under_it_go(
    connection: Connection, here: Path, bucket: str, node: Any
) -> None:
    (scene,) = planned(connection, here)
    base = f"Sentinel-1/SAR/CARD-BS/2018/05/11/{BS_NAME}"
    for name in (f"{BS_NAME}.data/Gamma0_VV.img", "left.over"):
        node.connection().put_object(bucket, f"{base}/{name}", b"half")
    assert make_card(connection, scene.id).outcome == "ready"
    assert "left.over" not in stored(node, bucket)
    assert ledger.get(connection, scene.id).size == open_store("made").size(f"/eodata/{base}")


@pytest.mark.parametrize("face", ["s3"])
def test_a_file_that_a_late_upload_replaced_is_noticed_and_made_again(
    connection: Connection, here: Path, bucket: str, node: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (scene,) = planned(connection, here)
    make_card(connection, scene.id)
    location = str(ledger.get(connection, scene.id).location)
    swift, name = node.connection(), f"{BS_NAME}.data/Gamma0_VV.img"
    key = f"{location.removeprefix('/eodata/')}/{name}"
    _, whole = swift.get_object(bucket, key)
    swift.put_object(bucket, key, bytes(len(whole)))
    for ranged in (None, lambda name, size: name.endswith(".img")):
        with (
            pytest.raises(ChecksumMismatch, match=r"Gamma0_VV.img: is not the file"),
            open_store("made").opened(location, ranged=ranged),
        ):
            pytest.fail("it was opened")
    ledger.change(connection, scene.id, expected=Status.READY, to=Status.INGESTED)
    connection.commit()
    monkeypatch.setenv("CBM_CARD_WORK_FOLDER", str(here / "another machine"))
    assert make_card(connection, scene.id).outcome == "ready"
    with open_store("made").opened(location) as product:
        assert (product / name).read_bytes() == whole
    with open_store("made").opened(location, ranged=ranged) as product:
        assert (product / name).read_bytes() != whole  # only where it is read from


@pytest.mark.parametrize("face", ["s3"])
def test_a_holder_that_comes_back_late_records_nothing(
    connection: Connection,
    database: str,
    here: Path,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Frozen while it makes the product; meanwhile another process has taken it over."""
    (scene,) = planned(connection, here)
    monkeypatch.setattr(lease, "RENEWAL", timedelta(hours=1))

    class Frozen:
        name = "frozen"

        def produce(self, job: Any) -> Any:
            product = engine_of(Card.BS).produce(job)
            monkeypatch.setattr(lease, "LONGEST", timedelta(0))
            with connect(database) as other:
                assert make_card(other, scene.id).outcome == "ready"
            return product

    before = make_card(connection, scene.id, Frozen())
    assert (before.outcome, before.status) == ("unchanged", Status.READY)
    assert ledger.get(connection, scene.id).attempts == 0


@pytest.mark.parametrize("face", ["s3"])
def test_a_holder_that_comes_back_while_it_compares_leaves_the_store_alone(
    connection: Connection,
    database: str,
    here: Path,
    bucket: str,
    node: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Frozen between two files; meanwhile another machine has made and uploaded the product."""
    (scene,) = planned(connection, here)
    monkeypatch.setattr(lease, "RENEWAL", timedelta(hours=1))
    compare = made_store.ObjectsOfProducts._has

    def frozen(self: Any, location: str, file: Path) -> bool:
        monkeypatch.setattr(made_store.ObjectsOfProducts, "_has", compare)
        monkeypatch.setattr(lease, "LONGEST", timedelta(0))
        monkeypatch.setenv("CBM_CARD_WORK_FOLDER", str(here / "another machine"))
        with connect(database) as other:
            assert make_card(other, scene.id).outcome == "ready"
        return compare(self, location, file)

    monkeypatch.setattr(made_store.ObjectsOfProducts, "_has", frozen)
    assert make_card(connection, scene.id).outcome == "unchanged"
    assert "provenance.json" in stored(node, bucket)


def test_a_folder_that_is_not_shared_is_said_and_no_try_is_burnt(
    connection: Connection, here: Path
) -> None:
    parcels(connection, here)
    ids = [scene.id for scene in planned(connection, here, 2)]
    made = here / "made"
    os.environ["CBM_PLATFORMS_MADE_STORE"] = f"files:{made}"
    try:
        assert make_card(connection, ids[0]).outcome == "ready"
        os.environ["CBM_PLATFORMS_MADE_STORE"] = f"files:{here / 'not shared'}"
        (here / "not shared").mkdir()
        with pytest.raises(FolderNotShared, match="is not the folder in which the other machines"):
            make_card(connection, ids[1])
        (unit,) = ledger.plan_extractions(connection, ids[0])
        connection.commit()
        with pytest.raises(FolderNotShared, match="mount that folder here"):
            card_worker.extract(connection, unit, "another machine")
        row = ledger.get(connection, ids[0])
        assert (row.status, row.cause, row.attempts) == (Status.READY, Cause.PAUSED, 0)
        assert ledger.get(connection, ids[1]).attempts == 0
        connection.commit()
        os.environ["CBM_PLATFORMS_MADE_STORE"] = f"files:{made}"
        assert card_worker.extract(connection, unit, "here").outcome == "extracted"
        assert make_card(connection, ids[1]).outcome == "ready"
    finally:
        del os.environ["CBM_PLATFORMS_MADE_STORE"]
