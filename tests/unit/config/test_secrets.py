"""Secrets from files and commands: read, named where they fail, and never shown."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dias_cbm.backfill.airflow_api import open_airflow
from dias_cbm.config import report
from dias_cbm.config.settings import reading, settings
from dias_cbm.errors import SettingsError

URL = "postgresql://cbm:geheim@db/cbm"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "database_url"
    made.write_text(f"{URL}\n")
    return made


def test_from_a_file_and_from_a_command(file: Path) -> None:
    by_file = reading({"CBM_DATABASE_URL_FILE": str(file), "CBM_DATABASE_URL": ""})
    assert by_file.settings.database.url == URL
    assert by_file.origin("database.url").place == "CBM_DATABASE_URL_FILE"
    shown = {one.name: one.value for one in report.in_force(by_file)}
    assert shown["database.url"] == report.HIDDEN
    command = f"cat '{file}'"
    read = settings({"CBM_DATABASE_URL_CMD": command, "CBM_PLATFORMS_CDSE_PASSWORD_CMD": command})
    assert (read.database.url, read.platforms["cdse"].password) == (URL, URL)


def test_a_secret_that_was_replaced_is_read_again(file: Path) -> None:
    given = {"CBM_DATABASE_URL_FILE": str(file)}
    assert settings(given).database.url == URL
    file.write_text("postgresql://another/one")
    assert settings(given).database.url == "postgresql://another/one"


def test_the_login_of_airflow_too(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CBM_AIRFLOW_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("CBM_AIRFLOW_TOKEN_FILE", str(file))
    with open_airflow():
        pass
    monkeypatch.setenv("CBM_AIRFLOW_TOKEN_FILE", str(file.parent / "none"))
    with pytest.raises(SettingsError, match=r"CBM_AIRFLOW_TOKEN_FILE: .* cannot be read"):
        open_airflow()


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("CBM_DATABASE_URL_FILE", "{folder}/none", "cannot be read: No such file"),
        ("CBM_DATABASE_URL_FILE", "{folder}", "cannot be read: Is a directory"),
        ("CBM_DATABASE_URL_FILE", "/dev/zero", "cannot be read"),
        ("CBM_DATABASE_URL_FILE", "/dev/null", "brings an empty value"),
        ("CBM_DATABASE_URL_FILE", "a\0b", "cannot be read"),
        ("CBM_DATABASE_URL_CMD", "false", "the command ends with exit code 1"),
        ("CBM_DATABASE_URL_CMD", "no-such-vault read", "the command cannot be run"),
        ("CBM_DATABASE_URL_CMD", "'", "is not a command"),
        ("CBM_DATABASE_URL_CMD", "true", "brings an empty value"),
        ("CBM_MAIL_TO_FILE", "/dev/null", "unknown setting"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, value: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: .*{problem}"):
        settings({name: value.format(folder=tmp_path)})


def test_two_of_them_are_refused_and_a_failing_command_says_nothing_secret(file: Path) -> None:
    with pytest.raises(SettingsError, match="and so is CBM_DATABASE_URL_FILE"):
        settings({"CBM_DATABASE_URL": URL, "CBM_DATABASE_URL_FILE": str(file)})
    leaky = f"{sys.executable} -c \"import sys; print('geheim'); sys.exit('geheim')\""
    with pytest.raises(SettingsError) as raised:
        settings({"CBM_DATABASE_URL_CMD": leaky})
    # The chain of causes ends in the log of a task.
    assert "geheim" not in str(raised.value)
    assert raised.value.__cause__ is None
