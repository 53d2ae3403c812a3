"""What keeps a process from starting is one sentence, with an exit code."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit, urlunsplit

import pytest
from database_roles import as_user

from dias_cbm.cli import main
from dias_cbm.db.connection import Connection, connect
from dias_cbm.errors import DatabaseError
from dias_cbm.installation.airflow_schema import revisions

pytestmark = pytest.mark.integration


def said(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    code = main(["db", "check", *arguments])
    return code, capfd.readouterr().err.splitlines()


def test_all_is_well(database: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["db", "check"]) == 0
    assert "may start" in capfd.readouterr().out


def test_each_bad_start_is_a_sentence(
    connection: Connection,
    database: str,
    empty_database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def expect(problem: str) -> None:
        code, lines = said(capfd)
        assert code != 0
        (line,) = lines
        assert problem in line
        assert "geheim" not in line

    parts = urlsplit(database)
    host = parts.netloc.rpartition("@")[2]
    monkeypatch.setenv("CBM_DATABASE_URL", "")
    monkeypatch.setenv("CBM_DATABASE_URL_FILE", str(tmp_path / "none"))
    expect("CBM_DATABASE_URL_FILE")
    monkeypatch.delenv("CBM_DATABASE_URL_FILE")
    expect("database.url: no database (set CBM_DATABASE_URL)")
    wrong = urlunsplit(parts._replace(netloc=f"{parts.username}:geheim@{host}"))
    monkeypatch.setenv("CBM_DATABASE_URL", wrong)
    expect("password authentication failed")
    away = urlunsplit(parts._replace(netloc=f"{parts.username}:geheim@127.0.0.1:1"))
    monkeypatch.setenv("CBM_DATABASE_URL", away)
    expect("Connection refused")
    monkeypatch.setenv("CBM_DATABASE_URL", empty_database_url)
    expect("is older than this version")
    monkeypatch.setenv("CBM_DATABASE_URL", database)
    connection.execute("insert into migration (name, checksum) values ('999_later', 'x')")
    connection.commit()
    try:
        expect("the database: is of a later version, with 999_later (this code is too old for it)")
        with pytest.raises(DatabaseError, match="later version"):
            connect(database)
    finally:
        connection.execute("delete from migration where name = '999_later'")
        connection.commit()
    monkeypatch.setenv("CBM_CARD_BS_ENGINES", "embedded")
    monkeypatch.setenv("CBM_PLATFORMS_MADE_STORE", f"files:{tmp_path / 'shared'}")
    assert main(["db", "check"]) == 0
    monkeypatch.setenv("CBM_PLATFORMS_MADE_STORE", f"files:{tmp_path / 'local'}")
    (tmp_path / "local").mkdir()
    expect("is not the folder in which the other machines keep")
    assert list((tmp_path / "local").iterdir()) == []


@contextmanager
def queue(*replies: bytes) -> Iterator[int]:
    """A server that gives one connection these replies; its port."""

    def serve() -> None:
        link, _ = listener.accept()
        with link:
            for reply in replies:
                link.recv(512)
                link.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


def test_each_bad_start_of_a_service_is_a_sentence(
    connection: Connection,
    database: str,
    empty_database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def expect(problem: str, service: str = "worker") -> None:
        code, lines = said(capfd, "--service", service)
        assert (code, len(lines)) == (1, 1)
        assert problem in lines[0]
        assert "geheim" not in lines[0]

    metadata = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    for name in ("CORE__FERNET_KEY", "API_AUTH__JWT_SECRET", "API__SECRET_KEY"):
        monkeypatch.setenv(f"AIRFLOW__{name}", "geheim")
    monkeypatch.delenv(metadata, raising=False)
    expect(f"{metadata}: is missing")
    monkeypatch.setenv(f"{metadata}_CMD", f"cat {tmp_path / 'none'}")
    expect(f"{metadata}_CMD: {tmp_path / 'none'} cannot be read: No such file or directory")
    (tmp_path / "url").write_text(empty_database_url.replace("postgresql", "postgresql+psycopg2"))
    monkeypatch.setenv(f"{metadata}_CMD", f"cat {tmp_path / 'url'}")
    expect("AIRFLOW__CELERY__BROKER_URL: is missing")
    monkeypatch.setenv("AIRFLOW__CELERY__RESULT_BACKEND", "db+postgresql://")
    monkeypatch.setenv("AIRFLOW__CELERY__BROKER_URL", "redis://:geheim@127.0.0.1:1/0")
    expect("Airflow's database: is older than this image (airflow db migrate)")
    # The one that migrates may find it so, and is about to make the login.
    assert main(["db", "check", "--service", "init"]) == 0
    (tmp_path / "nobody").write_text(as_user(empty_database_url, "cbm_nobody", "geheim"))
    monkeypatch.setenv(f"{metadata}_CMD", f"cat {tmp_path / 'nobody'}")
    assert main(["db", "check", "--service", "init"]) == 0
    capfd.readouterr()
    expect("Airflow's database: cannot be used: ")
    monkeypatch.setenv(f"{metadata}_CMD", f"cat {tmp_path / 'url'}")
    capfd.readouterr()
    with connect(empty_database_url) as airflow:
        airflow.execute("create table alembic_version (version_num text)")
        airflow.execute("insert into alembic_version values ('0123456789ab')")
        airflow.commit()
        expect("Airflow's database: is newer than this image")
        expect("Airflow's database: is newer than this image", "init")
        (head,) = set(revisions()) - set(revisions().values())
        airflow.execute("update alembic_version set version_num = %s", (head,))
    expect("the queue at 127.0.0.1: does not answer: Connection refused")
    for reply, problem in (
        (b"-WRONGPASS\r\n", "refuses the password"),
        (b"+OK\r\n", "is not ready"),
    ):
        with queue(reply, b"-LOADING\r\n") as port:
            where = f"redis://:geheim@127.0.0.1:{port}/0"
            monkeypatch.setenv("AIRFLOW__CELERY__BROKER_URL", where)
            expect(problem)
    with socket.create_server(("", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("AIRFLOW__API__PORT", str(port))
        expect(f"port {port}: cannot be listened on: Address already in use", "api-server")
    with queue(b"+OK\r\n", b"+PONG\r\n") as port:
        where = f"redis://:geheim@127.0.0.1:{port}/0"
        monkeypatch.setenv("AIRFLOW__CELERY__BROKER_URL", where)
        assert main(["db", "check", "--service", "worker"]) == 0


def test_it_waits_for_what_others_start_and_says_so(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CBM_DATABASE_URL", empty_database_url)
    code, lines = said(capfd, "--wait", "2.5")
    assert code == 1
    assert lines[0].startswith("waiting up to 2 s: the database: is older than this version")
    assert "is older than this version" in lines[1]
    assert len(lines) == 2
