"""Rows, bounds and their two forms."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks import report
from benchmarks.kernel import agreement
from benchmarks.measure import Cost, Sample
from benchmarks.report import Row, Table, ratio_row

CONDITIONS = {
    "date": "2026-01-02T03:04:05+00:00",
    "commit": "abc",
    "cpu": "a processor",
    "cores": 2,
    "memory_gb_per_s": 21.5,
    "load_average": (0.5, 0.25, 0.125),
    "postgresql": "PostgreSQL 15",
    "gdal": "3.10",
}
FAST = Row("fast", "speed", 30.0, "x", must=20.0, aim=40.0)
SMALL = Row("small", "size", 30.0, "B", must=36.0, aim=20.0, least=False)


def test_bounds_are_lower_or_upper() -> None:
    assert (FAST.meets(FAST.must), FAST.meets(FAST.aim)) == (True, False)
    assert (SMALL.meets(SMALL.must), SMALL.meets(SMALL.aim)) == (True, False)
    assert FAST.meets(None) is None


def test_the_table_says_what_is_met_and_on_which_machine() -> None:
    text = report.text([FAST, SMALL], [Table("growth", ("n", "s"), [(1000, 0.5)])], CONDITIONS)
    lines = text.splitlines()
    assert (
        "a processor, 2 cores, 21.5 GB/s of memory (triad), load average 0.50 0.25 0.12" in lines[0]
    )
    assert [cell.strip() for cell in lines[4].split("|")[1:7]] == [
        "speed", "30 x", ">= 20", "yes", ">= 40", "NO",
    ]  # fmt: skip
    assert [cell.strip() for cell in lines[5].split("|")[3:7]] == ["<= 36", "yes", "<= 20", "NO"]
    assert lines[-1].split() == ["|", "1,000", "|", "0.5", "|"]


def test_json_keeps_all_that_a_value_was_computed_from() -> None:
    ours = [Sample(1000, Cost(0.5, 0.5, 2.0)), Sample(1000, Cost(1.0, 1.0, 2.0))]
    theirs = [Sample(10, Cost(1.0, 0.0, 2.0)), Sample(10, Cost(1.0, 0.0, 2.0))]
    row = ratio_row("r", "what", ours, theirs, must=50)
    assert row.value == pytest.approx(75.0)
    found = json.loads(report.as_json([row], [], CONDITIONS))
    assert found["conditions"]["cpu"] == "a processor"
    (kept,) = found["rows"]
    assert kept["met"] is True
    assert kept["details"]["ratio_by_round"] == [100.0, 50.0]
    assert kept["details"]["ours"][0]["cpu_server_s"] == 0.5


def test_agreement_finds_one_wrong_number() -> None:
    ours = np.tile(np.array([4, 2.0, 0.5, 1, 3, 1.5, 2, 2.5]), (4, 1))
    theirs = ours.copy()
    ours[3], theirs[3] = [0, *[np.nan] * 7], [0, *[np.nan] * 7]
    assert agreement(ours, theirs).value == 100.0
    for column, change in ((0, 1), (1, 1e-5), (3, 1e-9), (7, np.nan)):
        wrong = theirs.copy()
        wrong[1, column] += change
        assert agreement(ours, wrong).value == 75.0
    near = theirs.copy()
    near[1, 1] += 1e-6
    assert agreement(ours, near).value == 100.0
