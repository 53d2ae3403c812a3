"""Explanations on the simulated season: the guilty blocks matter, and failed crops are failed."""

import pytest

from dias_cbm_lab.evidence.outliers.explaining import Explained, measure


@pytest.fixture(scope="module")
def found() -> Explained:
    (only,) = measure(2500, [0])
    return only


def test_the_three_most_guilty_blocks_undo_two_fifths_of_the_log_odds(found: Explained) -> None:
    assert found.distance >= 0.4
    assert found.occlusion >= 0.4
    assert found.chance <= 0.2


def test_failed_crops_are_mostly_failed(found: Explained) -> None:
    assert found.failed >= 3
    assert found.failed_right >= 0.5 * found.failed
    assert found.small + found.large == 125
