"""``cbm.example.toml`` shows every setting with its true default."""

import re
import tomllib
from pathlib import Path

from dias_cbm.config.settings import Settings, defaults, settings

EXAMPLE = Path(__file__).resolve().parents[3] / "cbm.example.toml"


def uncommented() -> dict[str, object]:
    lines = EXAMPLE.read_text().splitlines()
    values = [line[2:] for line in lines if re.match(r"# (\w+ = |\[)", line)]
    return tomllib.loads("\n".join(values))


def test_every_default_is_shown() -> None:
    shown = uncommented()
    shown.pop("platforms")
    assert shown == {name: default for name, (default, _) in defaults().items()}


def test_the_example_with_every_line_uncommented_changes_nothing(tmp_path: Path) -> None:
    lines = EXAMPLE.read_text().splitlines()
    kept = [line[2:] for line in lines if re.match(r"# (\w+ = |\[)", line)]
    file = tmp_path / "cbm.toml"
    file.write_text("\n".join(kept))
    assert settings({}, file) == Settings()


def test_the_example_as_it_is_changes_nothing() -> None:
    assert settings({}, EXAMPLE) == Settings()
