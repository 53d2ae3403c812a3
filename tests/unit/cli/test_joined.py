"""Nouns that other packages join to ``cbm``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from dias_cbm.cli import build
from dias_cbm.cli.failures import explained


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, with a distribution that joins three nouns."""
    info = tmp_path / "joining-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: joining\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[dias_cbm.commands]\nfields = joining_fields:app\ngaps = joining_fields:app\n"
        "swarm = joining_swarm:app\n"
    )
    (tmp_path / "joining_fields.py").write_text(
        "import typer\napp = typer.Typer()\n\n"
        "@app.callback()\ndef group():\n    '''Fields.'''\n\n"
        "@app.command()\ndef count():\n    '''Count them.'''\n    typer.echo('three')\n"
    )
    (tmp_path / "joining_swarm.py").write_text("import uvicorn_of_a_bare_installation\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in ("joining_fields", "joining_swarm"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("packages")
def test_a_joined_noun_is_a_noun() -> None:
    main = build()
    assert CliRunner().invoke(main, ["fields", "count"]).output == "three\n"
    assert "Fields." in CliRunner().invoke(main, ["--help"]).output


@pytest.mark.usefixtures("packages")
def test_no_noun_of_ours_is_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    gaps = typer.main.get_command(build()).commands["gaps"]  # type: ignore[attr-defined]
    assert "why" in gaps.commands
    assert "`cbm gaps` exists already; joining_fields:app" in capsys.readouterr().err


@pytest.mark.usefixtures("packages")
def test_what_cannot_be_loaded_says_so_when_it_is_called() -> None:
    main = build()
    text = CliRunner().invoke(main, ["--help"]).output
    assert "swarm" in text
    assert "Not available: ModuleNotFoundError" in text
    done = CliRunner().invoke(main, ["swarm", "start", "--with", "options"])
    assert isinstance(done.exception, ModuleNotFoundError)


def test_the_lab_is_joined_and_not_imported_by_the_library() -> None:
    commands = typer.main.get_command(build()).commands  # type: ignore[attr-defined]
    assert {"demo", "lab"} <= set(commands)


def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    done = CliRunner().invoke(build(), ["lab", "dias"])
    assert isinstance(done.exception, ModuleNotFoundError)
    message = explained(done.exception)
    assert message is not None
    assert message.startswith("this needs dias-cbm[window]: ")
    assert "\n" not in message
