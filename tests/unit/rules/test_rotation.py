"""Rotation by last season's crop, worked by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dias_cbm.errors import RuleError
from dias_cbm.rules.colours import Colour
from dias_cbm.rules.holdings import HeldParcel, HoldingRule, judge_holding
from dias_cbm.rules.reading import parse
from dias_cbm.rules.rotation import LastSeason, last_of

RULE = HoldingRule("rotation", "", "", "farm", leave_out=("grass*",), changed_area_at_least=0.35)


def grew(crop, hectares, before=None, by="id", *, predicted=None, overlap=1.0):
    last = LastSeason("dk-2017", before, by if before else "", overlap)
    return HeldParcel(crop, hectares * 10_000, predicted, last)


def test_enough_has_changed():
    parcels = [grew("wheat", 6, "wheat"), grew("rape", 4, "wheat"), grew("grass", 9, "grass")]
    assert judge_holding(RULE, "7", parcels) == (
        Colour.GREEN,
        "Green: holding 7, 10.00 ha: 2 crops; the largest, wheat, 60.0 %; another crop than in"
        " dk-2017 on 40.0 % of its area, at least 35.0 % asked; last crop by id for 2 parcels.",
    )


def test_too_little_has_changed():
    parcels = [grew("wheat", 7, "wheat"), grew("rape", 3, "wheat", "overlap")]
    assert judge_holding(RULE, "7", parcels) == (
        Colour.RED,
        "Red: holding 7, 10.00 ha: another crop than in dk-2017 on 30.0 % of its area, at least"
        " 35.0 % asked; last crop by id for 1 parcel, by place for 1 parcel.",
    )


def test_what_is_not_known_makes_yellow_and_never_red():
    parcels = [grew("wheat", 6, "wheat"), grew("rape", 4, overlap=0.55)]
    assert judge_holding(RULE, "7", parcels) == (
        Colour.YELLOW,
        "Yellow: holding 7, 10.00 ha: another crop than in dk-2017 on 0.0 % to 40.0 % of its area,"
        " at least 35.0 % asked; last crop by id for 1 parcel, not known for 1 parcel, of which"
        " one crop covered at most 55.0 % (80.0 % asked).",
    )
    # Even if all that is not known has changed, it is too little.
    assert judge_holding(RULE, "7", [grew("wheat", 7, "wheat"), grew("rape", 3)])[0] == Colour.RED


def test_without_a_season_before_all_is_yellow():
    parcels = [HeldParcel("wheat", 100_000), HeldParcel("rape", 100_000)]
    assert judge_holding(RULE, "7", parcels) == (
        Colour.YELLOW,
        "Yellow: holding 7, 20.00 ha: another crop than last season on 0.0 % to 100.0 % of its"
        " area, at least 35.0 % asked; no season of the year before covers this land.",
    )


def test_by_parcels_and_with_the_predicted_crop():
    rule = replace(RULE, changed_area_at_least=None, changed_parcels_at_least=0.5)
    parcels = [grew("wheat", 9, "wheat"), grew("rape", 1, "wheat")]
    assert judge_holding(rule, "7", parcels)[0] == Colour.GREEN
    parcels[1] = replace(parcels[1], predicted="wheat")
    assert judge_holding(rule, "7", parcels) == (
        Colour.RED,
        "Red: holding 7, 10.00 ha, with the crops that are predicted for 1 outliers: another crop"
        " than in dk-2017 on 0.0 % of its parcels, at least 50.0 % asked; last crop by id for 2"
        " parcels.",
    )


@pytest.mark.parametrize("hidden", range(4))
def test_forgetting_last_crops_makes_no_red(hidden):
    parcels = [
        grew("wheat", 3, "rape"), grew("wheat", 3, "wheat"), grew("rape", 2, "rape"),
        grew("rape", 2, "wheat"),
    ]  # fmt: skip
    for least in (0.1, 0.3, 0.5, 0.6, 1.0):
        rule = replace(RULE, changed_area_at_least=least)
        less = [*parcels]
        less[hidden] = replace(less[hidden], last=LastSeason("dk-2017"))
        if judge_holding(rule, "7", less)[0] == Colour.RED:
            assert judge_holding(rule, "7", parcels)[0] == Colour.RED


@pytest.mark.parametrize(
    ("id_crop", "id_overlap", "crops", "overlaps", "crop", "by", "overlap"),
    [
        ("wheat", 1.0, [], [], "wheat", "id", 1.0),
        # The same id on other land, or without a crop: the land counts.
        ("wheat", 0.0, ["rape"], [0.9], "rape", "overlap", 0.9),
        (None, 1.0, ["rape"], [0.85], "rape", "overlap", 0.85),
        ("wheat", 0.3, ["rape", "wheat"], [0.7, 0.3], None, "", 0.7),
        ("wheat", 0.3, [], [], None, "", 0.0),
        # Declared by two: whose crop it was is not known.
        (None, 0.0, ["rape", "maize"], [1.0, 0.9], None, "twice", 1.0),
        (None, 0.0, ["", "maize"], [1.0, 0.1], None, "", 0.1),
    ],
)
def test_last_of(id_crop, id_overlap, crops, overlaps, crop, by, overlap):
    found = last_of("dk-2017", id_crop, id_overlap, crops, overlaps, 0.8)
    assert found == LastSeason("dk-2017", crop, by, overlap)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("changed_area_at_least = 35", "changed_area_at_least is a share from 0 to 1."),
        (
            "changed_parcels_at_least = 0.5\nsame_land_at_least = 0.5",
            "same_land_at_least is a share above 0.5 and at most 1.",
        ),
        (
            "crops_at_least = 2\nsame_land_at_least = 0.9",
            "same_land_at_least goes with changed_area_at_least or changed_parcels_at_least.",
        ),
    ],
)
def test_faults(text, sentence):
    with pytest.raises(RuleError) as caught:
        parse(f'[holding.a]\nholding = "farm"\n{text}\n', "x", [])
    assert caught.value.faults == (f"Holding rule a: {sentence}",)
