"""``cbm settings show``: values with their origins, and no secret."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dias_cbm.cli.settings import app
from dias_cbm.config.schema import entries
from dias_cbm.config.settings import Settings


def show(*options: str) -> str:
    result = CliRunner().invoke(app, ["show", *options], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "mine.toml"
    file.write_text(
        '[http]\ntimeout_s = 30\n[platforms.creodias]\nstore_secret = "s3cr3t"\n'
        'catalogue_url = "https://me:pw@mirror/odata?token=abc"\n'
    )
    monkeypatch.setenv("CBM_CONFIG", str(file))
    monkeypatch.setenv("CBM_DATABASE_URL", "postgresql://cbm:s3cr3t@host/cbm")
    monkeypatch.setenv("CBM_MAIL_TO", "a@b,c@d")
    return file


def test_what_is_changed_is_shown_with_its_place(file: Path) -> None:
    rows = [line.split() for line in show("--changed").splitlines()]
    assert rows[0] == ["database.url", '"(hidden)"', "CBM_DATABASE_URL"]
    assert ["http.timeout_s", "30.0", f"{file}:2"] in rows
    assert ["mail.to", '["a@b",', '"c@d"]', "CBM_MAIL_TO"] in rows
    assert len(rows) == 5


def test_everything_as_json(file: Path) -> None:
    rows = {row["name"]: row for row in json.loads(show("--json"))}
    assert {entry.name for entry in entries(Settings)} <= set(rows)
    assert rows["mail.to"]["value"] == ["a@b", "c@d"]
    assert rows["http.attempts"] == {
        "name": "http.attempts",
        "value": 6,
        "origin": "default",
        "place": "",
        "variable": "CBM_HTTP_ATTEMPTS",
    }
    assert "platforms.cdse.store" in rows
    assert "platforms.mundi.store" not in rows


@pytest.mark.parametrize("options", [(), ("--json",), ("--changed",)])
def test_no_secret_is_shown(options: tuple[str, ...], file: Path) -> None:
    text = show(*options)
    assert "s3cr3t" not in text
    assert "me:pw" not in text
    assert "abc" not in text
    assert "@mirror/odata" in text


def test_without_a_change_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CBM_DATABASE_URL", raising=False)
    assert show("--changed") == "every setting has its default\n"
