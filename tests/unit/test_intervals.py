"""Intervals against the printed table, and against the definition they rest on."""

from __future__ import annotations

from itertools import combinations
from math import comb

import pytest

from dias_cbm.intervals import clopper_pearson, hypergeometric


@pytest.mark.parametrize(
    ("wrong", "judged", "low", "high"),
    [
        (0, 50, 0, 7.1), (1, 50, 0.1, 10.6), (0, 110, 0, 3.3), (6, 110, 2.0, 11.5),
        (0, 170, 0, 2.1), (8, 170, 2.1, 9.1), (0, 300, 0, 1.2), (6, 300, 0.7, 4.3),
        (15, 300, 2.8, 8.1), (30, 300, 6.8, 14.0),
    ],
)  # fmt: skip
def test_clopper_pearson(wrong: int, judged: int, low: float, high: float) -> None:
    found = clopper_pearson(wrong, judged)
    assert [round(100 * one, 1) for one in found] == [low, high]


def test_everything_wrong_and_nothing_judged() -> None:
    assert clopper_pearson(4, 4)[1] == 1.0
    assert clopper_pearson(0, 0) == (0.0, 1.0)
    assert hypergeometric(0, 0, 9) == (0.0, 1.0)


def test_no_wrong_of_n_has_a_closed_form() -> None:
    assert clopper_pearson(0, 10)[1] == pytest.approx(1 - 0.025 ** (1 / 10), abs=1e-12)
    assert clopper_pearson(10, 10)[0] == pytest.approx(0.025 ** (1 / 10), abs=1e-12)


def test_a_lot_judged_whole_is_known() -> None:
    assert hypergeometric(3, 20, 20) == (0.15, 0.15)


def test_hypergeometric_by_counting_all_samples() -> None:
    """A lot of 8, of which 4 are judged: every number of wrong ones that is not refuted stays."""
    lot, judged = 8, 4
    for wrong in range(judged + 1):
        stays = []
        for bad in range(lot + 1):
            hits = [sum(i < bad for i in one) for one in combinations(range(lot), judged)]
            assert len(hits) == comb(lot, judged)
            above = sum(hit >= wrong for hit in hits) / len(hits)
            below = sum(hit <= wrong for hit in hits) / len(hits)
            if above > 0.025 and below > 0.025:
                stays.append(bad)
        assert hypergeometric(wrong, judged, lot) == (stays[0] / lot, stays[-1] / lot)


def test_a_small_lot_is_known_better_and_a_large_one_as_well_as_any() -> None:
    wide = clopper_pearson(3, 60)
    narrow = hypergeometric(3, 60, 120)
    assert wide[0] < narrow[0] < 0.05 < narrow[1] < wide[1]
    assert hypergeometric(3, 60, 300_000) == pytest.approx(wide, abs=1e-4)


@pytest.mark.parametrize(("wrong", "judged"), [(-1, 3), (4, 3)])
def test_what_is_not_a_share(wrong: int, judged: int) -> None:
    with pytest.raises(ValueError, match="is not a share"):
        clopper_pearson(wrong, judged)
    with pytest.raises(ValueError, match="cannot give"):
        hypergeometric(0, 5, 4)
