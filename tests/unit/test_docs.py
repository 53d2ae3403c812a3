"""What the documents promise is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    local = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist(page: Path) -> None:
    import typer

    from dias_cbm import cli

    if not cli.main.registered_groups:
        cli._add_commands()
    command = typer.main.get_command(cli.main)
    known = {name: set(getattr(sub, "commands", {})) for name, sub in command.commands.items()}  # type: ignore[attr-defined]
    for name, sub in re.findall(r"\bcbm ([a-z]+)(?: ([a-z]+))?", _commands(page.read_text())):
        assert name in known, f"cbm {name}"
        assert not sub or not known[name] or sub in known[name], f"cbm {name} {sub}"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def _commands(text: str) -> str:
    """Code of a page: blocks and spans, where commands are meant to be typed."""
    blocks = re.findall(r"```(?:sh)?\n(.*?)```", text, flags=re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    lines = [line for block in [*blocks, *spans] for line in block.splitlines()]
    return "\n".join(
        line for line in lines if re.match(r"\s*(docker compose exec worker )?cbm ", line)
    )
