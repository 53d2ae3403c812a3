"""The local DIAS' bucket and its faults, as the real clients of catalogue and store meet them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from in_thread import in_thread

from dias_cbm.catalogue import Query, open_catalogue
from dias_cbm.errors import (
    ObjectMissing,
    RateLimited,
    SchemaChanged,
    StoreDown,
    StoreError,
    Throttled,
    Unavailable,
)
from dias_cbm.scenes import Kind
from dias_cbm.storage import open_store
from dias_cbm_lab.dias import bucket, faults, server
from dias_cbm_lab.dias.faults import Fault
from dias_cbm_lab.season.simulate import DemoSeason

pytestmark = pytest.mark.integration


@pytest.fixture
def told(tmp_path: Path, small_season: DemoSeason) -> Path:
    file = tmp_path / "faults.json"
    faults.write(file, faults.choose(small_season.folder, 1))
    faults.calm(file, True)
    return file


@pytest.fixture
def wrong(told: Path, small_season: DemoSeason, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A local DIAS that does things wrong, set as the platform."""
    with in_thread(server.application(small_season.folder, told), "critical") as url:
        for name, value in {
            "PLATFORM": "local",
            "PLATFORMS_LOCAL_CATALOGUE_URL": f"{url}/odata/v1",
            "PLATFORMS_LOCAL_STORE": bucket.address(url),
            "STORE_CACHE_FOLDER": str(told.parent / "products"),
            "HTTP_ATTEMPTS": "1",
            "HTTP_TIMEOUT_S": "1",
            "HTTP_REQUESTS_PER_S": "1000",
            "STORE_PART_MB": "0.1",
        }.items():
            monkeypatch.setenv(f"CBM_{name}", value)
        yield url


def only(monkeypatch: pytest.MonkeyPatch, told: Path, fault: Fault) -> None:
    """Every reply has this fault."""
    for shares in ("CATALOGUE", "STORE"):
        monkeypatch.setattr(faults, shares, {fault: 1.0})
    monkeypatch.setattr(faults, "HANG_S", 2.0)
    faults.calm(told, False)


def listed(season: DemoSeason, kind: Kind) -> list[Any]:
    area = shapely.geometry.shape(json.loads(season.area.read_text())["features"][0]["geometry"])
    start = datetime.combine(season.starts, datetime.min.time(), UTC)
    query = Query((kind,), shapely.MultiPolygon([area]), start, start + timedelta(days=30))
    catalogue = open_catalogue("local")
    try:
        return list(catalogue.search(query))
    finally:
        catalogue.close()


def location(season: DemoSeason, name: str) -> str:
    entries = json.loads((season.folder / "catalogue.json").read_text())["value"]
    return next(entry["S3Path"] for entry in entries if entry["Name"] == name)


def test_a_product_comes_from_the_bucket_as_it_lies_in_the_folder(
    wrong: str, told: Path, small_season: DemoSeason, tmp_path: Path
) -> None:
    planted = faults.read(told)
    place = location(small_season, planted.unpublished)
    target = tmp_path / "fetched"
    open_store("local").fetch(place, target)
    source = small_season.folder / place.lstrip("/")
    expected = {p.relative_to(source): p.read_bytes() for p in source.rglob("*") if p.is_file()}
    found = {p.relative_to(target): p.read_bytes() for p in target.rglob("*") if p.is_file()}
    assert found == expected
    shutil.rmtree(target)


def test_what_is_planted_is_what_the_clients_meet(
    wrong: str, told: Path, small_season: DemoSeason, tmp_path: Path
) -> None:
    planted = faults.read(told)
    store = open_store("local")
    with pytest.raises(ObjectMissing):
        store.fetch(location(small_season, planted.lost), tmp_path / "lost")
    with pytest.raises(StoreError, match=r"500.*answers other requests"):
        store.fetch(location(small_season, planted.away), tmp_path / "away")
    names = [scene.name for page in listed(small_season, Kind.CARD_COH6) for scene in page.scenes]
    assert names
    assert planted.unpublished not in names
    pages = listed(small_season, Kind.S2_L2A)
    refused = [entry for page in pages for entry in page.quarantined]
    assert [entry.name for entry in refused] == [planted.unindexed.removesuffix(".SAFE")]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.BUSY, RateLimited),
        (Fault.FAILING, Unavailable),
        (Fault.HANG, Unavailable),
        (Fault.TRUNCATED, Unavailable),
        (Fault.SCHEMA, SchemaChanged),
    ],
)
def test_a_fault_of_the_catalogue_has_its_name(
    wrong: str,
    told: Path,
    small_season: DemoSeason,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    error: type[Exception],
) -> None:
    only(monkeypatch, told, fault)
    with pytest.raises(error):
        listed(small_season, Kind.CARD_BS)
    assert set(faults.served(told)) == {fault}


@pytest.mark.parametrize("page", [1000, 4])
def test_an_entry_that_is_listed_twice_is_one_scene(
    wrong: str, told: Path, small_season: DemoSeason, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    """Of six entries, four a page leave room on the last one."""
    monkeypatch.setenv("CBM_CATALOGUE_PAGE_ENTRIES", str(page))

    def ids() -> set[str]:
        pages = listed(small_season, Kind.CARD_BS)
        return {scene.product_id for page in pages for scene in page.scenes}

    before = ids()
    only(monkeypatch, told, Fault.REPEATED)
    assert ids() == before
    assert faults.served(told)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.BUSY, Throttled),
        (Fault.FAILING, StoreDown),
        (Fault.HANG, StoreDown),
        (Fault.TRUNCATED, StoreDown),
    ],
)
def test_a_fault_of_the_store_has_its_name(
    wrong: str,
    told: Path,
    small_season: DemoSeason,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    fault: Fault,
    error: type[Exception],
) -> None:
    only(monkeypatch, told, fault)
    place = location(small_season, faults.read(told).unpublished)
    with pytest.raises(error):
        open_store("local").fetch(place, tmp_path / "fetched")
