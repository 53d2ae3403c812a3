"""The benchmark of CARD-BS at small size."""

from __future__ import annotations

from pathlib import Path

from benchmarks import backscatter
from benchmarks.bench import Bench


def test_every_row(tmp_path: Path) -> None:
    rows, tables = backscatter.run(Bench("", tmp_path, quick=True))
    found = {row.name: row for row in rows}
    assert set(found) == {"card_bs_speed", "card_bs_full", "card_bs_memory"}
    assert not tables
    assert found["card_bs_speed"].details["pixels"] == 500 * 600
    assert found["card_bs_memory"].meets(found["card_bs_memory"].must)
