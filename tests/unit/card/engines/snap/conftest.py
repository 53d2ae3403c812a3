"""A stand-in for SNAP on the PATH."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

SUPPORT = Path(__file__).resolve().parents[4] / "support"


def install(folder: Path, name: str, script: str) -> Path:
    """An executable that runs a script of the tests' support."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{SUPPORT / script}" "$@"\n')
    program.chmod(0o755)
    return program


@pytest.fixture
def gpt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    program = install(tmp_path / "bin", "gpt", "gpt_stand_in.py")
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    return program
