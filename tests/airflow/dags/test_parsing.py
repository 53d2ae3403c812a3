"""DAG files are read again by every task: they have to be light, and must not touch anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from airflow_environment import ROOT

FILES = sorted(path.name for path in (ROOT / "dags").glob("cbm_*.py"))
HEAVY = {
    "boto3",
    "geopandas",
    "lightgbm",
    "numba",
    "pandas",
    "psycopg",
    "pyogrio",
    "rasterio",
    "shapely",
    "sklearn",
}
#: Names alone, which import nothing.
VOCABULARY = {
    "dias_cbm",
    "dias_cbm.cards",
    "dias_cbm.installation",
    "dias_cbm.installation.airflow_names",
}

# Parses the files one after the other in an interpreter that has Airflow in it already, and no
# settings. What a file has imported is forgotten before the next one, so that each tells its own.
PARSE = """
import json, runpy, socket, sys
import airflow
from airflow.dag_processing.dagbag import DagBag

def refuse(*arguments, **options):
    raise AssertionError("a DAG file must not connect to anything")

socket.socket.connect = refuse
before = set(sys.modules)
told = {}
for name in sys.argv[2:]:
    runpy.run_path(f"{sys.argv[1]}/{name}")
    told[name] = sorted(set(sys.modules) - before)
    for module in told[name]:
        if module.partition(".")[0].startswith("dias_cbm"):
            del sys.modules[module]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def imported() -> dict[str, Any]:
    """What each file imports, beyond what Airflow has imported already."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CBM_")}
    environment |= {"CBM_CONFIG": "/nonexistent/cbm.toml", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PARSE, str(ROOT / "dags"), *FILES]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("name", FILES)
def test_a_file_imports_nothing_heavy_and_of_the_library_names_alone(
    name: str, imported: dict[str, Any]
) -> None:
    packages = {module.partition(".")[0] for module in imported[name]}
    assert "dias_cbm_airflow" in packages
    assert not packages & (HEAVY | {"dias_cbm_lab"})
    assert {one for one in imported[name] if one.partition(".")[0] == "dias_cbm"} <= VOCABULARY
