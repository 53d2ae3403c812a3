"""Rules on holdings, word for word."""

from __future__ import annotations

import pytest

from dias_cbm.errors import RuleError
from dias_cbm.rules.colours import Colour
from dias_cbm.rules.holdings import HeldParcel, HoldingRule, judge_holding
from dias_cbm.rules.reading import parse

RULE = HoldingRule(
    "diversification", "", "", "holding", leave_out=("grass*",), min_ha=30, crops_at_least=3,
    largest_share=0.75, two_largest_share=0.95,
)  # fmt: skip


def held(*parcels):
    return [HeldParcel(crop, hectares * 10_000, *more) for crop, hectares, *more in parcels]


def test_green():
    found = judge_holding(RULE, "17", held(("wheat", 20), ("maize", 9), ("rape", 3), ("grass", 9)))
    assert found == (
        Colour.GREEN,
        "Green: holding 17, 32.00 ha: 3 crops; the largest, wheat, 62.5 %.",
    )


def test_red_names_every_fault():
    assert judge_holding(RULE, "17", held(("wheat", 39), ("maize", 1))) == (
        Colour.RED,
        "Red: holding 17, 40.00 ha: 2 crops, 3 asked; wheat 97.5 %, at most 75.0 % allowed; wheat"
        " and maize 100.0 %, at most 95.0 % allowed.",
    )


def test_the_worse_of_declared_and_predicted():
    parcels = held(("wheat", 20), ("maize", 9, "wheat"), ("rape", 3))
    assert judge_holding(RULE, "17", parcels) == (
        Colour.RED,
        "Red: holding 17, 32.00 ha, with the crops that are predicted for 1 outliers: 2 crops,"
        " 3 asked; wheat 90.6 %, at most 75.0 % allowed; wheat and rape 100.0 %, at most 95.0 %"
        " allowed.",
    )


def test_small_holdings_are_not_meant_and_a_crop_may_be_missing():
    assert judge_holding(RULE, "17", held(("wheat", 29), ("grass", 50))) == (Colour.NONE, "")
    assert judge_holding(RULE, "17", held(("wheat", 39), ("", 1)))[0] == Colour.YELLOW


def test_reading():
    rules = parse(
        '[holding.a]\nholding = "farm"\nshare_of = ["fallow*"]\nshare_at_least = 0.04\n', "x", []
    )
    (rule,) = rules.holdings
    assert judge_holding(rule, "1", held(("wheat", 97), ("fallow", 3))) == (
        Colour.RED,
        "Red: holding 1, 100.00 ha: fallow* 3.0 %, at least 4.0 % asked.",
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("crops_at_least = 2", "Holding rule a does not name the attribute"),
        ('holding = "x"', "Holding rule a has no rule: write crops_at_least,"),
        ('holding = "x"\nlargest_share = 75', "Holding rule a: largest_share is a share from 0"),
        ('holding = "x"\ncrops_at_least = 2\nmin_ha = 3\nmax_ha = 2', "Holding rule a is never"),
        ('holding = "x"\nshare_at_least = 0.5', "Holding rule a: share_of and share_at_least"),
    ],
)
def test_faults(text, sentence):
    with pytest.raises(RuleError) as caught:
        parse(f"[holding.a]\n{text}\n", "x", [])
    assert any(one.startswith(sentence) for one in caught.value.faults), caught.value.faults
