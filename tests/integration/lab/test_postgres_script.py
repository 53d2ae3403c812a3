"""scripts/postgres.sh with a cluster of its own."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from dias_cbm_lab.demo.folder import ROOT
from dias_cbm_lab.demo.ports import choose

pytestmark = pytest.mark.integration
Script = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def script(tmp_path: Path) -> Iterator[Script]:
    environment = {key: value for key, value in os.environ.items() if key != "CBM_DATABASE_URL"}
    environment["CBM_RUN_FOLDER"] = str(tmp_path / "run")
    environment["CBM_PG_PORT"] = str(choose(55321))

    def call(command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(ROOT / "scripts" / "postgres.sh"), command],
            env=environment | more,
            capture_output=True,
            text=True,
            check=False,
        )

    yield call
    assert call("remove").returncode == 0


def test_a_cluster_from_its_start_to_its_removal(script: Script, tmp_path: Path) -> None:
    assert script("status").returncode == 3
    assert script("start").returncode == 0
    assert "already running" in script("start").stderr
    url = script("url").stdout.strip()
    with psycopg.connect(url) as connection:
        connection.execute("create extension postgis")
        connection.execute("create table kept as select 1 as one")
        owner = connection.execute("select current_setting('data_directory')").fetchone()
    assert owner is not None
    assert Path(owner[0]).stat().st_uid != 0
    assert script("stop").returncode == 0
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    assert script("start").returncode == 0
    with psycopg.connect(script("url").stdout.strip()) as connection:
        assert connection.execute("select one from kept").fetchone() == (1,)
    assert script("remove").returncode == 0
    assert not (tmp_path / "run" / "pg").exists()
    assert not Path(owner[0]).exists()


def test_only_who_knows_the_password_gets_in(script: Script, tmp_path: Path) -> None:
    assert script("start").returncode == 0
    password = tmp_path / "run" / "pg" / "password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    url = script("url").stdout.strip()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace(password.read_text().strip(), "guess"))
    output = script("start").stderr + script("status").stderr
    assert password.read_text().strip() not in output


def test_a_database_of_the_users_own_makes_no_cluster(script: Script, tmp_path: Path) -> None:
    mine = "postgresql://me@db.example/mine"
    assert "no cluster of our own" in script("start", CBM_DATABASE_URL=mine).stderr
    assert script("url", CBM_DATABASE_URL=mine).stdout.strip() == mine
    assert not (tmp_path / "run").exists()


def test_the_address_of_the_cluster_itself_is_no_database_of_the_users_own(script: Script) -> None:
    assert script("start").returncode == 0
    url = script("url").stdout.strip()
    assert script("stop").returncode == 0
    assert "running on" in script("start", CBM_DATABASE_URL=url).stderr
    assert script("url", CBM_DATABASE_URL=url).stdout.strip() == url


def test_a_port_that_is_none_is_a_clear_error(script: Script) -> None:
    done = script("start", CBM_PG_PORT="http")
    assert done.returncode == 1
    assert "CBM_PG_PORT is not a port: http" in done.stderr
