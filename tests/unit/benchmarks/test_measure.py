"""Clocks and ratios."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.measure import Cost, Sample, interleaved, measured, median_rate, ratios
from benchmarks.peak import peak_memory_mb

ROOT = Path(__file__).resolve().parents[3]


def sample(records: int, client: float, server: float = 0.0) -> Sample:
    return Sample(records, Cost(client, server, wall=100.0))


def test_ratio_is_of_cpu_per_record_and_counts_the_server() -> None:
    ours = [sample(1000, 0.5, 0.5)]
    theirs = [sample(10, 0.4, 0.6)]
    assert ratios(ours, theirs) == [pytest.approx(100.0)]
    assert ours[0].microseconds == pytest.approx(1000.0)
    assert median_rate([sample(10, 1), sample(10, 2), sample(10, 100)]) == pytest.approx(5.0)


def test_contestants_take_turns() -> None:
    order: list[tuple[str, int]] = []

    def contestant(name: str) -> Sample:
        return sample(1, 1.0)

    def entered(name: str) -> object:
        def run(number: int) -> Sample:
            order.append((name, number))
            return contestant(name)

        return run

    samples = interleaved(2, {"a": entered("a"), "b": entered("b")})  # type: ignore[dict-item]
    assert order == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]
    assert [len(one) for one in samples.values()] == [2, 2]


def test_cpu_counts_work_and_not_waiting() -> None:
    def busy() -> int:
        end = time.process_time() + 0.1
        while time.process_time() < end:
            pass
        return 7

    def idle() -> int:
        time.sleep(0.1)
        return 1

    worked, waited = measured(busy), measured(idle)
    assert worked.records == 7
    assert worked.cost.client >= 0.1
    assert waited.cost.client < 0.05 < waited.cost.wall


def test_cpu_of_another_process_is_counted() -> None:
    code = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        stdout = other.stdout
        spent = measured(lambda: len(stdout.readline()), [other.pid])
        other.communicate(b"\n")
    assert 0.1 < spent.cost.server < 2.0


def test_peak_memory_is_of_this_process_alone() -> None:
    held = bytearray(200_000_000)
    for place in range(0, len(held), 4096):
        held[place] = 1
    own = peak_memory_mb()
    child = subprocess.run(
        [sys.executable, "-c", "from benchmarks.peak import peak_memory_mb as p; print(p())"],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert own > 200
    assert float(child.stdout) < 100
