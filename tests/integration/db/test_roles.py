"""Owner, worker and reader: none is a superuser, and each can do its part."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from blocks import add_block, add_scene, add_season, add_signatures
from database_roles import as_user, three_roles
from psycopg import sql
from typer.testing import CliRunner

from dias_cbm.cli.db import app
from dias_cbm.db import roles
from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.migrations import migrate
from dias_cbm.errors import DatabaseError
from dias_cbm.precision import Precision

pytestmark = pytest.mark.integration


@pytest.fixture
def addresses(database: str) -> Iterator[dict[str, str]]:
    with three_roles(database) as found:
        yield found


@pytest.mark.usefixtures("without_partitions")
def test_each_role_does_its_part_and_no_more(addresses: dict[str, str]) -> None:
    with connect(addresses["owner"]) as owner:
        assert migrate(owner) == []
        season = add_season(owner)
        add_block(owner, season, 1, ["a", "b"])
    with connect(addresses["worker"]) as worker:
        scene = add_scene(worker, "one", datetime(2018, 5, 1, tzinfo=UTC))
        add_signatures(worker, season, scene, 1, "VV", [4, 4], [0.1, 0.2])
        for forbidden in (
            "drop table lease",
            "create table own (n integer)",
            "delete from migration",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                worker.execute(forbidden)
            worker.rollback()
    with connect(addresses["reader"]) as reader:
        row = reader.execute("select count(*) as n from signatures").fetchone()
        assert row is not None
        assert row.n == 2
        for forbidden in ("delete from lease", "select * from api_key"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                reader.execute(forbidden)
            reader.rollback()
        shown = reader.execute("show idle_in_transaction_session_timeout").fetchone()
        assert shown is not None
        assert shown[0] == "15min"


@pytest.mark.usefixtures("without_partitions")
def test_a_worker_adds_a_season_and_its_partitions_but_no_others(
    addresses: dict[str, str],
) -> None:
    with connect(addresses["worker"]) as worker:
        season = add_season(worker)
        add_block(worker, season, 1, ["a", "b"])
        scene = add_scene(worker, "one", datetime(2018, 5, 1, tzinfo=UTC))
        add_signatures(worker, season, scene, 1, "VV", [4, 4], [0.1, 0.2])
        add_season(worker, "test-2019", precision=Precision.QUANTISED)
        worker.execute("select analyze_parcels(), analyze_outlines()")
        worker.execute(sql.SQL("truncate {}").format(sql.Identifier(f"histogram_block_{season}")))
        worker.commit()
        owner = worker.execute(
            "select pg_get_userbyid(relowner) as owner from pg_class where relname = %s",
            (f"signature_block_{season}_bs",),
        ).fetchone()
        assert owner is not None
        assert owner.owner.endswith("_owner")
        with pytest.raises(psycopg.errors.ForeignKeyViolation, match="there is no season 999"):
            worker.execute("select create_season_partitions(999::smallint)")
        worker.rollback()
        # Tables of its own do not stand in for ours.
        worker.execute("create temporary table season (id smallint)")
        worker.execute("insert into pg_temp.season values (999)")
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            worker.execute("select create_season_partitions(999::smallint)")
        worker.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            worker.execute("create table own (n integer)")
        worker.rollback()
    with (
        connect(addresses["reader"]) as reader,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        reader.execute("select create_season_partitions(%s::smallint)", (season,))


def test_a_role_that_may_read_only_some_tables_can_connect(addresses: dict[str, str]) -> None:
    with connect(addresses["owner"]) as owner:
        reader = sql.Identifier(str(urlsplit(addresses["reader"]).username))
        owner.execute(sql.SQL("revoke select on migration from {}").format(reader))
    with connect(addresses["reader"]) as connection:
        assert connection.execute("select from season").fetchall() == []


def test_airflows_database_gets_an_owner_of_its_own(empty_database_url: str) -> None:
    prefix = f"cbm_test_{os.getpid()}_of"
    url = as_user(empty_database_url, f"{prefix}_airflow", "geheim")
    with connect(empty_database_url) as superuser:
        superuser.execute("create table dag (n integer); create type state as enum ('up')")
        report = roles.set_up_airflow(superuser, "geheim", prefix)
        assert report == roles.Report([f"{prefix}_airflow"], 2, ["airflow"])
        assert roles.set_up_airflow(superuser, None, prefix) == roles.Report([], 0, [])
    try:
        with connect(url) as airflow:
            airflow.execute("alter table dag add column more text; create table run (n integer)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                airflow.execute("create role other")
    finally:
        with connect(empty_database_url, autocommit=True) as superuser:
            name = f"{prefix}_airflow"
            superuser.execute(f"reassign owned by {name} to current_user")
            superuser.execute(f"drop owned by {name}")
            superuser.execute(f"drop role {name}")


def test_done_again_it_changes_nothing(connection: Connection, addresses: dict[str, str]) -> None:
    prefix = addresses["owner"].split("//")[1].partition("_owner")[0]
    again = roles.set_up(connection, prefix=prefix)
    assert again == roles.Report([], 0, [])
    # What a superuser made meanwhile goes to the owner.
    connection.execute("create table stray (n integer)")
    assert roles.set_up(connection, prefix=prefix).moved == 1
    connection.execute("drop table stray")
    connection.commit()


def test_passwords_come_from_a_folder_and_nowhere_else(
    addresses: dict[str, str], database: str, tmp_path: Path
) -> None:
    prefix = addresses["owner"].split("//")[1].partition("_owner")[0]
    (tmp_path / f"{prefix}_reader").write_text("anders\n")
    said = CliRunner().invoke(
        app, ["roles", "--passwords", str(tmp_path), "--prefix", prefix, "--json"]
    )
    assert json.loads(said.stdout)["passwords"] == ["reader"]
    assert "anders" not in said.output
    connect(as_user(database, f"{prefix}_reader", "anders")).close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(addresses["reader"])


def test_a_database_without_our_schema_and_a_superuser_are_refused(
    empty_database_url: str, database: str
) -> None:
    with connect(empty_database_url) as bare, pytest.raises(DatabaseError, match="no schema"):
        roles.set_up(bare)
    with psycopg.connect(database, autocommit=True) as server:
        server.execute("create role cbm_super_reader superuser")
    try:
        with connect(database) as connection, pytest.raises(DatabaseError, match="is a superuser"):
            roles.set_up(connection, prefix="cbm_super")
    finally:
        with psycopg.connect(database, autocommit=True) as server:
            server.execute("drop role cbm_super_reader")
