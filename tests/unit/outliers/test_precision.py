"""Precision, alpha and beta by hand, and their intervals against tables."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.intervals import clopper_pearson
from dias_cbm.outliers.precision import (
    DEFINITIONS,
    Inspected,
    report,
    share,
    size_class,
    text,
)


def one(
    wrong: bool | None,
    status: str | None,
    rank: int | None,
    crop: str = "rye",
    area_ha: float | None = 2.0,
) -> Inspected:
    return Inspected("p", crop, wrong, status, rank, None if rank is None else 100, area_ha)


# Of 100 ranked parcels: two in the top band, five in the next, the rest beyond.
FOUND = [
    one(True, "outlier", 1),
    one(True, "outlier", 2, "oats", 0.1),
    one(True, "outlier", 3),
    one(False, "outlier", 4, "oats"),
    one(False, "confirmed", 50),
    one(True, "confirmed", 60),
    one(False, "inconclusive", 70),
    one(None, "outlier", 5),
    one(True, None, None),
]


def test_every_share_by_hand() -> None:
    found = report(FOUND)
    assert (found.decided, found.unclear, found.unlisted, found.unseen) == (9, 1, 1, ())
    # Weights: top .02 / 2 = .01 each, next .05 / 2 = .025 each, rest .93 / 3 = .31 each.
    assert found.precision.value == pytest.approx((0.01 + 0.01 + 0.025) / 0.07)
    assert (found.precision.hits, found.precision.parcels) == (3, 4)
    assert found.alpha.value == pytest.approx(0.025 / (0.025 + 0.31 + 0.31))
    assert found.beta.value == pytest.approx(0.31 / (0.01 + 0.01 + 0.025 + 0.31))
    assert found.false_green.value == pytest.approx(0.5)
    assert {name: (s.hits, s.parcels) for name, s in found.by_crop.items()} == {
        "oats": (1, 2), "rye": (2, 2),
    }  # fmt: skip
    assert {name: (s.hits, s.parcels) for name, s in found.by_size.items()} == {
        "below 0.3 ha": (1, 1), "1 to 3 ha": (2, 3),
    }  # fmt: skip
    assert list(found.by_size) == ["below 0.3 ha", "1 to 3 ha"]


def test_equal_weights_give_the_exact_interval() -> None:
    # Clopper and Pearson's tables: 42 of 50, and none of 20.
    assert clopper_pearson(42, 50) == pytest.approx((0.7089, 0.9283), abs=1e-4)
    assert clopper_pearson(0, 20) == pytest.approx((0, 0.1684), abs=1e-4)
    assert clopper_pearson(20, 20) == pytest.approx((0.8316, 1), abs=1e-4)
    flags = np.arange(50) < 42
    found = share(flags, np.ones(50, bool), np.full(50, 3.0))
    assert (found.low, found.high) == pytest.approx((0.7089, 0.9283), abs=1e-4)
    assert found.text() == "84.0 % (42 of 50; 95 % interval 70.9 to 92.8 %)"


def test_unequal_weights_widen_the_interval() -> None:
    flags, every = np.arange(40) % 2 == 0, np.ones(40, bool)
    weight = np.where(np.arange(40) < 4, 20.0, 1.0)
    even, uneven = share(flags, every, np.ones(40)), share(flags, every, weight)
    assert uneven.value == even.value == 0.5
    assert uneven.high - uneven.low > 1.5 * (even.high - even.low)


@given(st.integers(1, 400), st.data())
def test_the_interval_contains_the_share(number: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, number))
    low, high = clopper_pearson(hits, number)
    assert 0 <= low <= hits / number <= high <= 1


def test_nothing_inspected_is_said() -> None:
    found = report([])
    assert (found.precision.value, found.precision.low, found.precision.high) == (None, 0, 1)
    assert found.unseen == ("top 2 %", "2 to 7 %", "the rest")
    assert "precision: no parcel inspected" in text(found, "dk-2018")


def test_bands_that_nobody_saw_are_named() -> None:
    found = report(FOUND[:4])
    assert found.unseen == ("the rest",)
    assert "Alpha and beta leave out: the rest (nothing inspected)." in text(found, "dk-2018")


def test_the_text_defines_its_words() -> None:
    lines = text(report(FOUND), "dk-2018")
    assert lines.startswith("dk-2018: 9 parcels decided, 1 of them unclear, 1 not ranked")
    assert all(definition in lines for definition in DEFINITIONS.values())
    assert "  oats: 28.6 % (1 of 2;" in lines
    assert json.loads(json.dumps(asdict(report(FOUND))))["precision"]["parcels"] == 4


@pytest.mark.parametrize(
    ("area", "name"),
    [
        (0.29, "below 0.3 ha"),
        (0.3, "0.3 to 1 ha"),
        (1, "1 to 3 ha"),
        (3, "3 ha or more"),
        (None, "size unknown"),
    ],
)
def test_sizes(area: float | None, name: str) -> None:
    assert size_class(area) == name
