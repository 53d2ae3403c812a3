"""Whether esa_snappy works, tried with a stand-in for it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dias_cbm.card.engines.snap import snappy
from dias_cbm.card.engines.snap.probes import probe

STAND_IN = """
__version__ = "1.1.3"

class ProductIO:
    pass
"""


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    snappy.state.cache_clear()
    yield
    snappy.state.cache_clear()
    sys.modules.pop("esa_snappy", None)


def installed(folder: Path, content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "esa_snappy.py").write_text(content)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("PYTHONPATH", str(folder))


def test_its_version_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path, STAND_IN, monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert snappy.state() == ("1.1.3", "")
    assert {one.what: one.found for one in probe()} == {"gpt": None, "esa_snappy": "1.1.3"}


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("raise OSError('no SNAP')", r"snappy-conf .*OSError: no SNAP"),
        ("import os; os._exit(134)", "its import failed"),
    ],
)
def test_where_it_cannot_be_used_this_process_never_imports_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, hint: str
) -> None:
    installed(tmp_path, content, monkeypatch)
    found = snappy.state()
    assert found.version is None
    assert re.search(hint, found.hint)
    assert "esa_snappy" not in sys.modules
