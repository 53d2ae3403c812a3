"""Explanations on the simulated season: the guilty blocks matter, and failed crops are failed."""

from dataclasses import replace

import pytest

from dias_cbm_lab.evidence.outliers.explaining import Explained, bars, rows, study


@pytest.fixture(scope="module")
def found() -> Explained:
    (only,) = study(2500, [0], lambda line: None)
    return only


def test_the_three_most_guilty_blocks_undo_two_fifths_of_the_log_odds(found: Explained) -> None:
    assert found.distance >= 0.4
    assert found.occlusion >= 0.4
    assert found.chance <= 0.2


def test_failed_crops_are_mostly_failed(found: Explained) -> None:
    assert found.failed >= 3
    assert found.failed_right >= 0.5 * found.failed
    assert found.small + found.large == 125


def test_the_bars_are_those_of_the_worst_season(found: Explained) -> None:
    poor = replace(found, seed=1, distance=0.3, failed=10, failed_right=1)
    held = [bar.holds for bar in bars([found, poor])]
    assert held == [False, True, True, False]
    assert [row["season"] for row in rows([found, poor])] == ["0", "1"]
