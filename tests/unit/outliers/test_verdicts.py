"""Verdicts of a small run: who is listed, who is green, and what is said."""

import numpy as np

from dias_cbm.outliers.budget import By, Wanted
from dias_cbm.outliers.conformal import in_words
from dias_cbm.outliers.verdicts import assess

N = 200
CROP = np.arange(N) % 2
#: Two crops that are told apart; parcels 0 and 1 are declared wrongly.
DECLARED = np.where(np.arange(N) < 2, 1 - CROP, CROP)
LIKELY = 0.9 + 0.001 * np.random.default_rng(0).normal(0, 1, N)
PROBABILITY = np.where(np.arange(2) == CROP[:, None], LIKELY[:, None], 1 - LIKELY[:, None])
FOLD = np.arange(N) // 2 % 4
ODDS = np.where(np.arange(N) < 2, 5.0, -3.0) + 0.001 * np.arange(N)


def test_listed_and_confirmed() -> None:
    found = assess(PROBABILITY, DECLARED, FOLD, ODDS, ODDS, 0.01, Wanted(By.NUMBER, 2))
    assert np.flatnonzero(found.listed).tolist() == [0, 1]
    assert not (found.confirmed & found.listed).any()
    assert found.confirmed[2:].mean() > 0.8
    assert found.sentences()[:2] == [
        "2 parcels, 2 expected wrong (lower bound until 60 more inspections are recorded)",
        "P(wrong) is a lower bound: 0 of 60 inspections are recorded;"
        " where swaps estimate 1.0% wrong, perhaps none is",
    ]
    named = [["rye", "oats"][one] for one in np.flatnonzero(found.plausible[0])]
    assert in_words(named, 2) == "plausible: rye"


def test_what_lacks_data_is_neither_red_nor_green() -> None:
    firm = np.arange(N) != 0
    firm[50] = False
    found = assess(PROBABILITY, DECLARED, FOLD, ODDS, ODDS, 0.01, Wanted(By.NUMBER, 1), firm=firm)
    assert np.flatnonzero(found.listed).tolist() == [1]
    assert not found.confirmed[[0, 50]].any()


def test_a_confusion_inside_a_group_leaves_a_declaration_green() -> None:
    even = np.full((N, 2), 0.5)
    odds = np.full(N, 1.0)
    apart = assess(even, CROP, FOLD, odds, odds, 0.05, Wanted(By.SHARE, 0))
    together = assess(
        even, CROP, FOLD, odds, odds, 0.05, Wanted(By.SHARE, 0), group=np.zeros(2, int)
    )
    assert not apart.confirmed.any()
    assert together.confirmed.all()
