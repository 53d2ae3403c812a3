"""Write the lists of settings from the code: cbm.example.toml, docs, and files for Docker."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from dias_cbm.config import reference
from dias_cbm.config.values import PREFIX

ROOT = Path(__file__).resolve().parents[1]
#: Files that hand settings on to containers.
FILES = ("docker-compose.yaml", "docker-stack.yaml")
#: Settings to which these files give a value of their own.
DECIDED = {
    "CBM_AIRFLOW_URL", "CBM_CHIPS_CACHE_FOLDER", "CBM_DATABASE_READER_URL", "CBM_DATABASE_URL",
    "CBM_MAIL_TO", "CBM_STORE_CACHE_FOLDER",
}  # fmt: skip
BEGIN, END = "<!-- written by make settings: begin -->\n", "<!-- end -->\n"
INTRODUCTION = """\
Every setting with its default. Copy to cbm.toml and uncomment what you change.
The environment wins over this file: platform is CBM_PLATFORM there, timeout_s in [http]
is CBM_HTTP_TIMEOUT_S. A list is separated by commas: CBM_CARD_BS_ENGINES=ready,snap.
Written from the code by `make settings`."""


def written() -> Mapping[Path, str]:
    """File -> its up-to-date text."""
    page = ROOT / "docs" / "settings.md"
    return {
        ROOT / "cbm.example.toml": reference.toml_file(INTRODUCTION),
        **{ROOT / name: _services(name) for name in FILES},
        page: _page(page.read_text()),
    }


def _services(file: str) -> str:
    text = (ROOT / file).read_text()
    names = [name for name in reference.variables() if name not in DECIDED]
    block = "".join(f"    {name}:\n" for name in names)
    text, changes = re.subn(rf"(    {PREFIX}[A-Z0-9_]+:\n)+", block, text)
    if changes != 1:
        raise SystemExit(f"{file}: {changes} lists of settings instead of one")
    return text


def _page(text: str) -> str:
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit("docs/settings.md: the marks of the written part are missing")
    return f"{before}{BEGIN}\n{reference.markdown()}\n{END}{after}"


if __name__ == "__main__":
    for file, text in written().items():
        file.write_text(text)
