"""The contract of the architecture holds, and fails where a rule is broken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).with_name("lint-imports")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the code, to break rules in."""
    for folder in ("include", "operators", "dags", "plugins"):
        ignore = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.npz", "*.tif", "client")
        shutil.copytree(ROOT / folder, tmp_path / folder, symlinks=True, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def contract(house: Path) -> tuple[bool, str]:
    """Whether the contract is kept, and what is said about it, its line breaks taken out."""
    done = subprocess.run(
        [LINT, "--no-logo", "--no-cache"],
        cwd=house,
        env=os.environ | {"PYTHONPATH": str(house / "include")},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0, " ".join((done.stdout + done.stderr).split())


def test_the_contract_is_kept(house: Path) -> None:
    kept, said = contract(house)
    assert kept, said


@pytest.mark.parametrize(
    ("file", "line", "told"),
    [
        # A stage that imports another stage.
        ("include/dias_cbm/averages/mean.py", "from dias_cbm.card import pairs", "dias_cbm.card"),
        # Ground that imports a stage.
        (
            "include/dias_cbm/storage/base.py",
            "from dias_cbm.parcels import load",
            "dias_cbm.parcels",
        ),
        # A stage that imports what stands above it.
        ("include/dias_cbm/export/folder.py", "from dias_cbm.cli import app", "dias_cbm.cli"),
        # The library and Airflow.
        ("include/dias_cbm/seasons.py", "from airflow.sdk import DAG", "airflow"),
        # The library and its test bench.
        ("include/dias_cbm/cli/db.py", "import dias_cbm_lab.demo", "dias_cbm_lab"),
        # What runs in production and the test bench.
        ("operators/names.py", "import dias_cbm_lab.demo", "dias_cbm_lab"),
        # Operators that import a DAG.
        ("operators/names.py", "from dias_cbm_airflow.dags import cbm_bs", "dags"),
    ],
)
def test_a_broken_rule_fails(house: Path, file: str, line: str, told: str) -> None:
    path = house / file
    path.write_text(f"{path.read_text()}\n{line}\n")
    kept, said = contract(house)
    assert not kept
    assert told in said


def test_a_new_room_has_to_be_placed(house: Path) -> None:
    (house / "include/dias_cbm/annex").mkdir()
    (house / "include/dias_cbm/annex/__init__.py").touch()
    kept, said = contract(house)
    assert not kept
    assert "dias_cbm.annex" in said
