"""The local DIAS in every dialect, over real HTTP, read by the adapters."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from odata_service import ODataService, served
from typer.testing import CliRunner

from dias_cbm.catalogue import Query, open_catalogue
from dias_cbm.cli.catalogue import app
from dias_cbm.config.settings import settings
from dias_cbm.errors import ServiceError, SettingsError
from dias_cbm.scenes import Kind, Scene, parse_name
from dias_cbm_lab.demo.folder import RunFolder
from dias_cbm_lab.demo.main_job import DEMO_DIALECTS, choose_dialect
from dias_cbm_lab.dias import dialects
from dias_cbm_lab.season.simulate import DemoSeason


def found(protocol: str, url: str, season: DemoSeason) -> dict[str, Scene]:
    start = datetime.combine(season.starts, datetime.min.time(), UTC)
    catalogue = open_catalogue("local", url)
    try:
        pages = list(catalogue.search(Query(tuple(Kind), None, start, start + timedelta(days=21))))
    finally:
        catalogue.close()
    assert not any(page.quarantined for page in pages)
    return {scene.name: scene for page in pages for scene in page.scenes}


@pytest.mark.parametrize("protocol", dialects.DIALECTS)
def test_every_dialect_lists_the_same_scenes(
    protocol: str, dias: Any, small_season: DemoSeason, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_HTTP_REQUESTS_PER_S", "1000")
    own = found("odata", dias.url, small_season)
    root = dias.url.removesuffix("/odata/v1")
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_PROTOCOL", protocol)
    told = found(protocol, root + dialects.base(protocol), small_season)
    assert told.keys() == own.keys()
    assert len(own) > 20
    for name, scene in told.items():
        same = own[name]
        assert (scene.kind, scene.satellite) == (same.kind, same.satellite)
        assert abs(scene.start - same.start) < timedelta(milliseconds=1)
        assert scene.abs_orbit == same.abs_orbit or scene.abs_orbit is None
        if protocol in DEMO_DIALECTS:
            assert scene.location == same.location
            assert scene.direction == same.direction
            # WEkEO gives no orbit, and the name of a coherence product does not either.
            untold = protocol == "wekeo" and scene.kind is Kind.CARD_COH6
            assert scene.rel_orbit == (None if untold else same.rel_orbit)
            if "datatake" in parse_name(name):
                assert scene.datatake == same.datatake
            assert scene.tile == same.tile


@pytest.mark.parametrize("base", sorted({one.base for one in dialects.DIALECTS.values()}))
def test_what_is_not_understood_is_refused(dias: Any, base: str) -> None:
    root = dias.url.removesuffix("/odata/v1")
    for reply in (
        httpx.get(f"{root}{base}/nowhere", trust_env=False),
        httpx.post(f"{root}{base}/search", content=b"{", trust_env=False),
    ):
        assert reply.status_code in (400, 404)


def test_a_run_folder_keeps_the_dialect_it_was_begun_in(tmp_path: Any) -> None:
    folder = RunFolder(tmp_path / "run")
    choose_dialect(folder, "odata")
    assert not folder.dialect.exists()
    choose_dialect(folder, "mundi")
    assert folder.dialect.read_text() == "mundi"
    folder.ports.write_text("{}")
    choose_dialect(folder, "mundi")
    with pytest.raises(ServiceError, match="uses the dialect mundi"):
        choose_dialect(folder, "onda")


def test_a_dialect_that_the_demo_does_not_know_is_refused(tmp_path: Any) -> None:
    folder = RunFolder(tmp_path / "run")
    with pytest.raises(ServiceError, match="gopher: no such platform") as refused:
        choose_dialect(folder, "gopher")
    assert refused.value.hint == f"one of {', '.join(DEMO_DIALECTS)}"
    assert not folder.root.exists()


PLATFORMS = {
    "cdse": "odata",
    "creodias": "odata",
    "cdse-stac": "stac",
    "cdse-resto": "resto",
    "creodias-resto": "resto",
    "creodias-atom": "resto-atom",
    "mundi": "mundi",
    "sobloo": "sobloo",
    "onda": "onda",
    "wekeo": "wekeo",
}


def command(*words: str) -> Any:
    result = CliRunner().invoke(app, [*words, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_search_finds_the_same_on_every_platform(
    platform: str,
    dias: Any,
    small_season: DemoSeason,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CBM_HTTP_REQUESTS_PER_S", "1000")
    root = dias.url.removesuffix("/odata/v1")
    days = [f"--from={small_season.starts}", f"--to={small_season.starts + timedelta(days=21)}"]
    place = ["--area", str(small_season.area), "--card", "s2", *days]
    there = root + dialects.base(PLATFORMS[platform])
    rows = command("search", "--platform", platform, "--base-url", there, *place)
    own = command("search", "--platform", "cdse", "--base-url", dias.url, *place)
    assert len(own) > 2
    assert {row["name"] for row in rows} == {row["name"] for row in own}
    assert all(row["platform"] == platform for row in rows)
    told = command(
        "compare", "cdse", platform, "--first-url", dias.url, "--second-url", there, *place
    )
    assert (told["both"], told["only_first"], told["only_second"]) == (len(own), [], [])


def test_compare_shows_what_one_lacks(
    dias: Any,
    small_season: DemoSeason,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = ODataService()
    days = [f"--from={small_season.starts}", f"--to={small_season.starts + timedelta(days=21)}"]
    place = ["--area", str(small_season.area), "--card", "s2", *days]
    monkeypatch.setenv("CBM_HTTP_REQUESTS_PER_S", "1000")
    with served(service) as empty:
        urls = ["--first-url", dias.url, "--second-url", empty]
        told = command("compare", "cdse", "creodias", *urls, *place)
    assert (told["both"], told["only_second"]) == (0, [])
    assert len(told["only_first"]) > 2
    assert service.asked


def test_a_closed_platform_needs_an_address() -> None:
    for name, service in settings().platforms.items():
        if service.closed:
            with pytest.raises(SettingsError, match="no public service"):
                open_catalogue(name)
