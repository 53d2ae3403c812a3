"""Old spellings: refused, and answered with what is to be typed instead."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
import typer

from dias_cbm.cli import build
from dias_cbm.cli.moved import ANY, MOVED, Moved, find

MAIN = typer.main.get_command(build())


def command(words: list[str]) -> Any:
    """The command of these words; None if there is none."""
    found: Any = MAIN
    for word in words:
        found = getattr(found, "commands", {}).get(word)
    return found


@pytest.mark.parametrize("moved", MOVED, ids=lambda moved: moved.old)
def test_the_old_spelling_is_gone(moved: Moved) -> None:
    found = command(moved.command.split())
    if not moved.option:
        assert found is None
    elif moved.option == ANY:
        assert found.params == []
        assert found.commands
    else:
        assert moved.option not in {name for one in found.params for name in one.opts}


@pytest.mark.parametrize("moved", MOVED, ids=lambda moved: moved.old)
def test_the_new_spelling_is_there(moved: Moved) -> None:
    first = moved.new.partition(",")[0].replace("[", "").replace("]", "")
    words = shlex.split(first.removeprefix("cbm "))
    if not first.startswith("cbm "):
        words = [*moved.command.split(), *words]
    names = [word for word in words if word.islower() and not word.startswith("-")]
    found = command(names)
    assert found is not None
    options = {name for one in found.params for name in one.opts}
    assert {word for word in words if word.startswith("--")} <= options
    arguments = {one.metavar for one in found.params if one.param_type_name == "argument"}
    assert {word for word in words if word in {"SEASON", "PID", "DAY", "PRODUCT"}} <= arguments


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("gaps --season dk-2018", "`cbm gaps --...` is now `cbm gaps list [SEASON]`"),
        ("gaps why 1 2018-05-31 --season=dk-2018", "`cbm gaps why SEASON PID DAY`"),
        ("backfill --card bs --run", "`cbm backfill run SEASON [--dry-run] [--yes]`"),
        ("backfill --card bs --pause", "`cbm backfill pause SEASON`"),
        ("export --season dk-2018 --to /data", "`cbm season export SEASON --out FOLDER`"),
        ("season dump dk-2018 --to /data", "`cbm season dump --to` is now `--out`"),
    ],
)
def test_what_is_answered(line: str, answer: str) -> None:
    assert str(find(line.split())).endswith(answer)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "--help",
        "gaps",
        "gaps --help",
        "gaps list dk-2018 --json",
        "backfill run dk-2018 --to 2018-05-31",
        "download PRODUCT --out here",
        "demo run --dialect mundi",
    ],
)
def test_what_is_right_is_let_through(line: str) -> None:
    assert find(line.split()) is None
