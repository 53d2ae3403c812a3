"""An installation's database: checked as it is, and set up from nothing."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from dias_cbm.installation import setup
from dias_cbm.installation.checks import check_database
from dias_cbm.installation.findings import State
from dias_cbm.installation.setup import Answers

pytestmark = pytest.mark.integration


@pytest.fixture
def empty(database_url: str) -> Iterator[str]:
    """A database without schema and without PostGIS."""
    url = urlunsplit(urlsplit(database_url)._replace(path="/cbm_installation"))
    with psycopg.connect(database_url, autocommit=True) as server:
        server.execute("drop database if exists cbm_installation with (force)")
        server.execute("create database cbm_installation")
        yield url
        server.execute("drop database cbm_installation with (force)")


def states() -> dict[str, tuple[State, str]]:
    return {one.what: (one.state, one.todo) for one in check_database()}


def test_from_nothing_to_a_schema(
    empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_DATABASE_URL", empty)
    before = states()
    assert before["database"][0] is State.OK
    assert before["PostGIS"] == before["schema"] == (State.BROKEN, "cbm db migrate")
    assert before["parcels"][0] is State.UNKNOWN
    assert "migrations applied" in setup.migrate()[0]
    assert setup.migrate() == ["schema: up to date"]
    after = states()
    assert after["PostGIS"] == after["schema"] == (State.OK, "")
    assert after["parcels"][0] is State.UNUSED


def test_the_connection_of_airflow_will_do(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CBM_DATABASE_URL")
    assert states()["database"][0] is State.UNUSED
    monkeypatch.setenv("AIRFLOW_CONN_CBM_POSTGRES", database.replace("postgresql", "postgres"))
    assert states()["schema"] == (State.OK, "")


def test_a_database_that_does_not_answer(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    away = urlunsplit(urlsplit(database)._replace(netloc="cbm:s3cr3t@127.0.0.1:1"))
    monkeypatch.setenv("CBM_DATABASE_URL", away)
    found = list(check_database())
    assert [one.state for one in found] == [State.BROKEN, *[State.UNKNOWN] * 3]
    assert not any("s3cr3t" in one.detail for one in found)


def test_a_password_stays_out_of_the_file(database: str, tmp_path: Path) -> None:
    answers = Answers("cdse", f"files:{tmp_path}", database_url=database)
    setup.write_file(tmp_path / "mine.toml", answers)
    assert urlsplit(database).password not in (tmp_path / "mine.toml").read_text()
