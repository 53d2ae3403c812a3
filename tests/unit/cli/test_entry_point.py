"""The command as a shell sees it: one line for what is known, a traceback for a defect."""

import os
import subprocess
import sys
from pathlib import Path

CBM = Path(sys.executable).with_name("cbm")


def cbm(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CBM_")}
    return subprocess.run(
        [CBM, *arguments], capture_output=True, text=True, env=kept | environment, check=False
    )


def test_help_names_every_command() -> None:
    done = cbm("--help")
    assert done.returncode == 0
    commands = ("db", "season", "parcels", "catalogue", "extract", "gaps", "outliers", "lab")
    assert all(command in done.stdout for command in commands)


def test_help_does_not_load_what_it_does_not_need() -> None:
    heavy = {"numpy", "rasterio", "geopandas", "numba", "psycopg", "shapely"}
    code = (
        "import sys; import dias_cbm.cli; dias_cbm.cli.build();"
        f" print(sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unreachable_database_is_one_line_without_the_password() -> None:
    done = cbm("season", "list", CBM_DATABASE_URL="postgresql://cbm:hushhush@127.0.0.1:1/cbm")
    assert done.returncode == 1
    assert done.stderr.startswith("error: the database cannot be used")
    assert done.stderr.count("\n") == 1
    assert "hushhush" not in done.stderr


def test_a_missing_setting_says_which() -> None:
    done = cbm("season", "list")
    assert done.returncode == 1
    assert "CBM_DATABASE_URL" in done.stderr


def test_an_old_spelling_is_answered_with_the_new_one() -> None:
    done = cbm("export", "--season", "dk-2018", "--to", "/data")
    assert done.returncode == 2
    assert done.stderr == "error: `cbm export` is now `cbm season export SEASON --out FOLDER`\n"


def test_verbs_are_completed() -> None:
    typed = {"COMP_WORDS": "cbm season d", "COMP_CWORD": "2", "_CBM_COMPLETE": "complete_bash"}
    assert set(cbm(**typed).stdout.split()) == {"detach", "dump", "drop"}


def test_without_an_extra_it_says_which_one_is_needed(tmp_path: Path) -> None:
    (tmp_path / "psycopg.py").write_text("raise ModuleNotFoundError(name='psycopg')\n")
    done = cbm("db", "status", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("error: this needs dias-cbm[database]")
    assert done.stderr.count("\n") == 1
