"""The benchmark of CARD-BS at small size."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import backscatter
from benchmarks.bench import Bench


def test_every_row(tmp_path: Path) -> None:
    rows, tables = backscatter.run(Bench("", tmp_path, quick=True))
    found = {row.name: row for row in rows}
    assert set(found) == {"card_bs_speed", "card_bs_full", "card_bs_memory"}
    (profile,) = tables
    steps = {row[0]: row[1] for row in profile.rows}
    assert list(steps)[:3] == ["terrain and lattice", "read", "noise and calibration"]
    assert sum(steps.values()) == pytest.approx(found["card_bs_speed"].details["cpu"], abs=0.01)
    assert found["card_bs_speed"].details["pixels"] == 500 * 600
    assert found["card_bs_memory"].meets(found["card_bs_memory"].must)
