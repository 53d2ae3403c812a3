"""``cbm init`` and ``cbm doctor`` without a database and without an Airflow."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from dias_cbm.cli.doctor import doctor
from dias_cbm.cli.init import init
from dias_cbm.config.settings import settings
from dias_cbm.errors import SettingsError

app = typer.Typer()
app.command()(init)
app.command()(doctor)


@pytest.fixture(autouse=True)
def nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CBM_DATABASE_URL", raising=False)
    monkeypatch.setenv("CBM_HTTP_ATTEMPTS", "1")
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_CATALOGUE_URL", "http://127.0.0.1:1/odata/v1")


def run(*words: str, reply: str | None = None) -> Any:
    # An error is raised as `cbm` itself would get it, to print it in one line.
    return CliRunner().invoke(app, list(words), input=reply, catch_exceptions=False)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "eodata"
    folder.mkdir()
    return folder


def states(text: str) -> dict[str, str]:
    return {one["what"]: one["state"] for one in json.loads(text)}


def test_without_questions(tmp_path: Path, store: Path) -> None:
    file = tmp_path / "mine.toml"
    done = run(
        *("init", "--platform", "local", "--store", f"files:{store}", "--out", str(file)),
        *("--mail-to", "a@b", "--mail-server", "127.0.0.1:1", "--json"),
    )
    report = json.loads(done.stdout)
    assert done.exit_code == 1
    assert report["done"] == [f"wrote {file}"]
    found = {one["what"]: one["state"] for one in report["findings"]}
    assert found["settings"] == found["store of local"] == "ok"
    assert found["catalogue of local"] == found["mail"] == "broken"
    assert found["database"] == found["Airflow"] == "not used"
    assert any("CBM_DATABASE_URL" in text for text in report["left"])
    assert any("pools set cbm_card" in text for text in report["airflow_commands"])
    assert settings({}, file).platform == "local"


def test_questions_have_answers_and_defaults(tmp_path: Path, store: Path) -> None:
    file = tmp_path / "mine.toml"
    replies = ["local", f"files:{store}", "", "a@b, c@d", "127.0.0.1:1", "", ""]
    done = run("init", "--out", str(file), reply="\n".join(replies) + "\n")
    assert "Platform to search and fetch from [cdse]" in done.stdout
    assert "Left to do, in this order:" in done.stdout
    read = settings({}, file)
    assert (read.platform, read.known("local").store) == ("local", f"files:{store}")
    assert read.mail.to == ("a@b", "c@d")
    assert read.database.url is None


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path, store: Path) -> None:
    file = tmp_path / "cbm.toml"
    with pytest.raises(SettingsError, match="exists already"):
        run("init", "--yes", "--store", f"files:{store}", "--out", str(file))
    assert file.read_text() == ""


def test_the_password_of_the_database_is_nowhere(
    tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_DATABASE_URL", "postgresql://cbm:s3cr3t@127.0.0.1:1/cbm")
    file = tmp_path / "mine.toml"
    words = ("--platform", "local", "--store", f"files:{store}", "--out", str(file))
    done = run("init", "--yes", *words)
    assert "broken       database" in done.stdout
    assert "it contains a password" in done.stdout
    assert "s3cr3t" not in done.stdout + file.read_text()
    asked = run("init", "--force", *words, reply="\n" * 7)
    assert "s3cr3t" not in asked.stdout
    assert "it contains a password" in asked.stdout


def test_doctor_says_first_what_is_to_be_mended_first(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CBM_PLATFORM", "local")
    monkeypatch.setenv("CBM_PLATFORMS_LOCAL_STORE", f"files:{store}/missing")
    monkeypatch.setenv("CBM_CARD_BS_ENGINES", "ready,embedded")
    monkeypatch.setenv("CBM_EXTRACTION_S2_INDICES", "NDXI")
    done = run("doctor", "--json")
    assert done.exit_code == 1
    assert list(states(done.stdout).items()) == [
        ("settings", "ok"),
        ("database", "not used"),
        ("catalogue of local", "broken"),
        ("store of local", "broken"),
        ("engine embedded", "broken"),
        ("indices", "broken"),
        ("store of products made here", "ok"),
        ("Airflow", "not used"),
        ("capacity", "not used"),
        ("mail", "not used"),
    ]


def test_settings_that_cannot_be_read_are_the_first_and_only_finding(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CBM_PLATFROM", "local")
    done = run("doctor")
    assert done.exit_code == 1
    assert done.stdout.startswith("broken       settings: CBM_PLATFROM")
    assert len(done.stdout.splitlines()) == 1
