"""A finished main job under the real Airflow, and Debian's Chromium for the window in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from demo_run import OPTIONS, Demo, Killer
from playwright.sync_api import Browser, Page

from dias_cbm_lab.demo import main_job, services
from dias_cbm_lab.demo.environment import metadata_url, password
from dias_cbm_lab.demo.folder import RunFolder
from dias_cbm_lab.season.simulate import open_season
from scripts import screenshots


@pytest.fixture(scope="module")
def databases() -> Iterator[dict[str, str]]:
    """Two scratch databases, the main job's and one for comparison."""
    admin = os.environ.get("CBM_DATABASE_URL")
    if not admin:
        pytest.fail("end-to-end tests need a PostgreSQL: run `make e2e`, or set CBM_DATABASE_URL")
    names = {use: f"cbm_e2e_{use}_{os.getpid()}" for use in ("main", "direct")}
    urls = {use: urlunsplit(urlsplit(admin)._replace(path=f"/{n}")) for use, n in names.items()}
    with psycopg.connect(admin, autocommit=True) as server:
        for name in names.values():
            server.execute(f'create database "{name}"')
    yield urls
    with psycopg.connect(admin, autocommit=True) as server:
        for url in (*urls.values(), metadata_url(urls["main"])):
            name = urlsplit(url).path[1:]
            server.execute(f'drop database if exists "{name}" with (force)')


@pytest.fixture(scope="module")
def surroundings(
    databases: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunFolder]:
    """Settings of this module: nothing of the caller's, other ports than a demo that may be up."""
    place = tmp_path_factory.mktemp("demo")
    (place / "cbm.toml").touch()
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("CBM_")]:
            patch.delenv(name)
        patch.setenv("CBM_CONFIG", str(place / "cbm.toml"))
        patch.setenv("CBM_DATABASE_URL", databases["main"])
        for offset, name in enumerate(("AIRFLOW", "DIAS", "SMTP")):
            patch.setenv(f"CBM_{name}_PORT", str(28080 + 100 * offset))
        yield RunFolder(place / "run")


@pytest.fixture(scope="module")
def demo(surroundings: RunFolder, databases: dict[str, str]) -> Iterator[Demo]:
    """The main job, with the scheduler killed in the middle of the season."""
    killer = Killer(surroundings, after=15)
    try:
        found = main_job.run(surroundings, OPTIONS, killer)
        season = open_season(surroundings.season)
        environment = dict(services.start(surroundings).environment)
        yield Demo(surroundings, season, databases["main"], found, killer.killed, environment)
    finally:
        services.stop(surroundings)


@pytest.fixture
def environment(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings that the demo's own processes have."""
    for name, value in demo.environment.items():
        if name.startswith("CBM_"):
            monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with screenshots.chromium() as started:
        yield started


@pytest.fixture
def visit(demo: Demo, browser: Browser) -> Iterator[Callable[[str, str], Page]]:
    """Opens an address of the window as a user, who is sent to the login's form and back."""
    pages: list[Page] = []
    complaints: list[str] = []

    def enter(user: str, address: str) -> Page:
        page = browser.new_page(viewport={"width": 1280, "height": 800}, locale="en-GB")
        pages.append(page)
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(f"Content Security Policy: {error}"))
        page.goto(address)
        screenshots.log_in(page, user, password(demo.run, user))
        page.wait_for_url(address)
        return page

    yield enter
    for page in pages:
        page.close()
    assert [said for said in complaints if "Content Security Policy" in said] == []
