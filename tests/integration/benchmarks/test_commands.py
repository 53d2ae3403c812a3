"""Both commands at small size, as their users start them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[3]


def run(database_url: str, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=os.environ | {"CBM_DATABASE_URL": database_url},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def test_every_benchmark_gives_its_rows(database_url: str, tmp_path: Path) -> None:
    chosen = [
        part for name in ("kernel", "whole", "write", "bytes", "means") for part in ("--only", name)
    ]
    out = run(database_url, "benchmarks", "--quick", "--json", "--cache", str(tmp_path), *chosen)
    found = json.loads(out)
    rows: dict[str, Any] = {row["name"]: row for row in found["rows"]}
    assert set(rows) == {
        "kernel_rasterstats", "kernel_rasterstats_file", "kernel_exactextract", "agreement",
        "scene_to_blocks", "scene_to_blocks_envi", "scene_to_blocks_deflate",
        "scene_to_blocks_predictor", "whole_way", "whole_way_file", "write_path",
        "bytes_per_record_full", "bytes_per_record_quantised", "five_day_means",
    }  # fmt: skip
    assert rows["agreement"]["value"] == 100.0
    assert rows["agreement"]["details"]["parcels"] == 400
    # Slow as the machine may be, one is not lost to the others by orders of magnitude.
    assert all(row["value"] > 1 for row in rows.values())
    assert all(one["records"] for one in rows["whole_way"]["details"]["theirs"])
    assert found["conditions"]["packages"]["rasterstats"]
    assert json.loads((tmp_path / "quick.json").read_text()) == found


def test_the_window_is_measured_by_each_of_its_bounds(database_url: str, tmp_path: Path) -> None:
    small = ["--quick", "--parcels", "1500", "--seconds", "2", "--cache", str(tmp_path)]
    found = json.loads(run(database_url, "benchmarks", "--json", "--only", "window", *small))
    rows: dict[str, Any] = {row["name"]: row for row in found["rows"]}
    bounds = {
        "season_cold": 1000, "season_warm": 1000, "map_z11": 150, "map_z14": 150, "map_cells": 100,
        "parcel_page": 300, "chip_first": 800, "chip_again": 30, "work_page": 150, "curves": 240,
        "weight_map": 600, "crowd_errors": 0,
    }  # fmt: skip
    assert {name: rows[name]["must"] for name in bounds} == bounds
    assert rows["crowd_errors"]["value"] == 0, rows["crowd_errors"]["details"]
    assert all(row["value"] > 0 for name, row in rows.items() if name != "crowd_errors")
    # MapLibre and its worker are among what is weighed, and compressed.
    assert 300 < rows["weight_map"]["value"] < 600


def test_a_country_is_measured_by_each_of_its_bounds(database_url: str, tmp_path: Path) -> None:
    import psycopg

    # Of a process that cannot be: its run was killed.
    with psycopg.connect(database_url, autocommit=True) as server:
        server.execute("drop database if exists cbm_bench_99999999")
        server.execute("create database cbm_bench_99999999")
    small = ["--quick", "--parcels", "1500", "--cache", str(tmp_path)]
    found = json.loads(run(database_url, "benchmarks", "--json", "--only", "nation", *small))
    rows: dict[str, Any] = {row["name"]: row for row in found["rows"]}
    bounds = {
        "start": 1, "status": 60, "late_scene_first": 30, "late_scene": 30, "nation_means": 120,
        "export": 200,
        "status_thorough": None, "gaps_why": None, "digest": None, "task_imports": None,
    }  # fmt: skip
    assert {name: rows[name]["must"] for name in bounds} == bounds
    assert all(row["value"] > 0 for row in rows.values())
    assert "all " in rows["status"]["note"]
    assert rows["late_scene"]["details"]["records"] > 1_500
    exported = rows["export"]["details"]
    assert exported["signatures"] > 200 * 1_500
    assert exported["means"] > 0
    with psycopg.connect(database_url) as server:
        left = "select from pg_database where datname = 'cbm_bench_99999999'"
        assert not server.execute(left).fetchall()
    assert found["conditions"]["memory_gb_per_s"] > 0


def test_long_run_is_complete_and_leaves_nothing(database_url: str, tmp_path: Path) -> None:
    import psycopg

    name = f"cbm_test_long_run_{os.getpid()}"
    plan = ["--parcels", "300", "--observations", "6", "--distinct", "2", "--cold"]
    folders = ["--cache", str(tmp_path / "cache"), "--results", str(tmp_path / "results")]
    result = json.loads(
        run(database_url, "benchmarks.long_run", *plan, *folders, "--database", name)
    )
    assert result["plan"]["observations"] == sum(result["scenes_by_process"].values()) == 6
    assert 3_000 < result["records"] <= 3_600
    assert result["means_written"] >= result["records"] / 6
    assert result["means_checked_against_sql"] > 100
    assert sorted(file.suffix for file in (tmp_path / "results").iterdir()) == [".json", ".log"]
    store = next((tmp_path / "cache").glob("*/store"))
    assert len({file.stat().st_ino for file in store.iterdir()}) == 2
    with psycopg.connect(database_url) as server:
        left = server.execute("select from pg_database where datname = %s", (name,)).fetchall()
    assert not left
