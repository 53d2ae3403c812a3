"""What the documents promise is there."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from dias_cbm.cli import build

ROOT = Path(__file__).resolve().parents[2]
MAIN = typer.main.get_command(build())
SOURCES = ("include/dias_cbm", "include/dias_cbm_lab", "operators", "plugins", "dags")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page: Path) -> None:
    if page.name != "upgrading.md":  # it names what is gone
        assert [wrong for line in _commands(page.read_text()) if (wrong := mistake(line))] == []


def test_texts_of_the_code_name_commands_that_exist() -> None:
    """In hints, mails and docstrings: between backticks, or as a hint of their own."""
    files = [path for folder in SOURCES for path in (ROOT / folder).rglob("*.py")]
    found = [
        line
        for path in files
        if path.name != "moved.py"
        for line in re.findall(r'`(cbm [^`]+)`|hint=f?"(cbm [^"]+)"', path.read_text())
    ]
    assert len(found) > 20
    assert [wrong for one in found if (wrong := mistake("".join(one)))] == []


@pytest.mark.parametrize(
    "line",
    [
        "cbm gap list",
        "cbm gaps lists",
        "cbm gaps list dk-2018 --season",
        "cbm season dump dk-2018 --to folder",
        "cbm evidence geometries",
    ],
)
def test_a_mistake_is_seen(line: str) -> None:
    assert mistake(line)


def mistake(line: str) -> str | None:
    """What a line gets wrong: a noun, a verb or an option that does not exist."""
    words = re.split("[#;]", line)[0].replace("[", "").replace("]", "").split()[1:]
    command: Any = MAIN
    while words and hasattr(command, "commands") and re.fullmatch(r"[a-z][a-z-]*", words[0]):
        if words[0] not in command.commands:
            return f"{line}: {words[0]}"
        command = command.commands[words.pop(0)]
    known = {name for one in command.params for name in [*one.opts, *one.secondary_opts]}
    unknown = set(re.findall(r"--[a-z][a-z0-9-]*", " ".join(words))) - known - {"--help"}
    return f"{line}: {', '.join(unknown)}" if unknown else None


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def _commands(text: str) -> list[str]:
    """Commands in the code of a page: blocks and spans, where they are meant to be typed."""
    text = re.sub(r"\\\n\s*", " ", text)
    blocks = re.findall(r"```(?:sh)?\n(.*?)```", text, flags=re.DOTALL)
    indented = re.findall(r"^    (cbm .*)$", text, flags=re.MULTILINE)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    lines = [line for block in [*blocks, *indented, *spans] for line in block.splitlines()]
    found = (re.match(r"\s*(?:docker compose exec worker )?(cbm .*)", line) for line in lines)
    return [match.group(1) for match in found if match]
