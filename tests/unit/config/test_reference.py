"""The lists of settings that people read are those of the code."""

import re
import runpy
from pathlib import Path

import pytest

from dias_cbm.config import reference
from dias_cbm.config.names import RENAMED, variable
from dias_cbm.config.settings import Settings, settings

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "cbm.example.toml"
WRITTEN = runpy.run_path(str(ROOT / "scripts" / "settings_reference.py"))["written"]()


@pytest.mark.parametrize("file", WRITTEN, ids=lambda file: file.name)
def test_what_is_written_from_the_code_is_up_to_date(file: Path) -> None:
    assert file.read_text() == WRITTEN[file], "run `make settings`"


def uncommented(text: str, *, unset: bool) -> str:
    lines = [
        line[2:] if re.match(r"# \w+ = ", line) and (unset or "# not set" not in line) else line
        for line in text.splitlines()
    ]
    return "\n".join(lines)


def test_the_example_as_it_is_changes_nothing() -> None:
    assert settings({}, EXAMPLE) == Settings()


def test_the_example_with_every_default_uncommented_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "cbm.toml"
    file.write_text(uncommented(EXAMPLE.read_text(), unset=False))
    assert settings({}, file) == Settings()


def test_the_examples_of_what_is_not_set_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / "cbm.toml"
    file.write_text(uncommented(EXAMPLE.read_text(), unset=True))
    read = settings({}, file)
    assert (read.card.dem, read.atmosphere.aot) == ("/data/dem", 0.1)


def test_every_setting_is_in_the_example_and_in_the_documentation() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    for name in reference.variables():
        assert f"`{name}`" in page
    assert len(re.findall(r"^# \w+ = ", EXAMPLE.read_text(), re.M)) > len(reference.variables())


def test_only_numbers_in_a_row_are_told_by_the_first_and_the_last() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    assert "; one of `24`, `16`, `12` | `CBM_CARD_VALUE_BITS` |" in page
    assert "; 0 to 11 | `CBM_EXTRACTION_CLEAR_CLASSES` |" in page


def test_what_is_chosen_stands_uncommented(tmp_path: Path) -> None:
    chosen = {
        "platform": "creodias",
        "card.bs_engines": ("ready", "embedded"),
        "mail.to": ('a"b@c',),
        "card.cog": True,
        "platforms.creodias.store": "files:/mnt",
    }
    file = tmp_path / "cbm.toml"
    file.write_text(reference.toml_file("Mine.", chosen, ["creodias"]))
    read = settings({}, file)
    assert (read.platform, read.mail.to) == ("creodias", ('a"b@c',))
    assert (read.card.bs_engines, read.card.cog) == (("ready", "embedded"), True)
    assert read.service("creodias").store == "files:/mnt"
    assert read.http == Settings().http


def test_names_and_variables_are_unmistakable() -> None:
    variables = reference.variables()
    assert len(set(variables)) == len(variables)


def test_upgrading_says_every_new_name() -> None:
    page = (ROOT / "docs" / "upgrading.md").read_text()
    for old, now in RENAMED.items():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{old}` |"))
        assert f"`{variable(now)}`" in row
