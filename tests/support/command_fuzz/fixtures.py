"""Fixtures that the fuzz of both layers uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from command_fuzz.files import Files, make_files
from command_fuzz.services import closed_services

#: Wall time of a call on a busy machine, in seconds; the first extraction may compile for long.
MOST_SECONDS = 240


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return make_files(tmp_path_factory.mktemp("fuzz"))


@pytest.fixture(scope="module")
def ports() -> Iterator[Mapping[str, int]]:
    with closed_services() as found:
        yield found


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that output goes to, which is the working directory too."""
    folder = tmp_path / "out"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder
