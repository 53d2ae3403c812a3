"""Owner, worker and reader: none is a superuser, and each can do its part."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from blocks import add_block, add_scene, add_season, add_signatures
from database_roles import as_user, three_roles
from typer.testing import CliRunner

from dias_cbm.cli.db import app
from dias_cbm.db import roles
from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.migrations import migrate
from dias_cbm.errors import DatabaseError

pytestmark = pytest.mark.integration


@pytest.fixture
def addresses(database: str) -> Iterator[dict[str, str]]:
    with three_roles(database) as found:
        yield found


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
