"""What keeps a process from starting is one sentence, with an exit code."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from dias_cbm.cli import main
from dias_cbm.db.connection import Connection

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
        expect("999_later: was applied, but its file is gone (this code is too old)")
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
