"""DAG files are read again by every task: they have to be light, and must not touch anything."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache

import pytest
from airflow_environment import ROOT

FILES = sorted((ROOT / "dags").glob("*.py"))
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

# Parses one file in an interpreter of its own that has Airflow in it already, and no settings.
PARSE = """
import json, runpy, socket, sys, time
import airflow
from airflow.dag_processing.dagbag import DagBag

def refuse(*arguments, **options):
    raise AssertionError("a DAG file must not connect to anything")

socket.socket.connect = refuse
before = set(sys.modules)
started = time.process_time()
runpy.run_path(sys.argv[1])
seconds = time.process_time() - started
print(json.dumps({"seconds": seconds, "modules": sorted(set(sys.modules) - before)}))
"""


@cache
def parsed(name: str) -> dict[str, object]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CBM_")}
    environment |= {"CBM_CONFIG": "/nonexistent/cbm.toml", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PARSE, str(ROOT / "dags" / name)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("name", [path.name for path in FILES])
def test_a_file_takes_less_than_a_second_of_cpu(name: str) -> None:
    assert parsed(name)["seconds"] < 1.0  # type: ignore[operator]


@pytest.mark.parametrize("name", [path.name for path in FILES])
def test_a_file_imports_nothing_heavy_and_nothing_of_the_library(name: str) -> None:
    modules = {str(module) for module in parsed(name)["modules"]}  # type: ignore[attr-defined]
    assert not HEAVY & {module.partition(".")[0] for module in modules}
    assert not {module for module in modules if module.split(".")[0] == "dias_cbm"}
