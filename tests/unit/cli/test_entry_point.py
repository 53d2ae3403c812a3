"""The command as a shell sees it: one line for what is known, a traceback for a defect."""

import json
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


#: None of these may be loaded before a command works: together they take seconds.
HEAVY = {
    "airflow", "boto3", "duckdb", "fastapi", "geopandas", "httpx", "jinja2", "lxml", "matplotlib",
    "numba", "numpy", "pandas", "polars", "psycopg", "pyarrow", "pyogrio", "pyproj", "rasterio",
    "requests", "scipy", "shapely", "sklearn", "uvicorn",
}  # fmt: skip
_LOADED = f"""
import contextlib, io, json, sys
import dias_cbm.cli
heavy = lambda: sorted({HEAVY} & set(sys.modules))
found = {{"import": heavy()}}
def helped(*arguments):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        assert dias_cbm.cli.main([*arguments, "--help"]) == 0
    assert "Usage: " in said.getvalue()
    found[" ".join(arguments)] = heavy()
helped("season")
nouns = [name for name in (*dias_cbm.cli._COMMANDS, *dias_cbm.cli._NOUNS)]
found["of season"] = [name for name in nouns if f"dias_cbm.cli.{{name}}" in sys.modules]
for name in nouns:
    helped(name.replace("_", "-"))
helped("season", "status")
helped()
import dias_cbm.seasons
found["seasons"] = heavy()
print(json.dumps(found))
"""


def test_a_command_loads_its_noun_alone_and_nothing_heavy() -> None:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CBM_")}
    done = subprocess.run(
        [sys.executable, "-c", _LOADED], capture_output=True, text=True, env=kept, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("of season") == ["season"]
    assert len(found) > 20
    assert {name: heavy for name, heavy in found.items() if heavy} == {}


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
