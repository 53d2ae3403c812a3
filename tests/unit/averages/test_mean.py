"""The arithmetic of a window: hand-worked numbers, then properties against plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isnan, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.averages.mean import block_means


@dataclass
class Block:
    blk: int
    band: str
    directions: list[str | None]
    means: list[np.ndarray]


Row = tuple[str | None, list[float]]


def row(mean: list[float], *, direction: str | None = "A") -> Row:
    return direction, mean


def block(rows: list[Row], blk: int = 0) -> Block:
    return Block(blk, "VV", [one[0] for one in rows], [np.array(one[1], "f4") for one in rows])


def by_direction(rows: list[Row], **options: bool) -> dict[str, tuple[list[float], list[int]]]:
    means = block_means([block(rows)] if rows else [], **{"by_direction": True} | options)
    for m in means:
        assert m.known == (m.n > 0).sum() == np.isfinite(m.mean).sum()
    return {m.direction: (m.mean.tolist(), m.n.tolist()) for m in means}


def test_unweighted_over_observations() -> None:
    means = by_direction([row([0.25]), row([0.75])])
    assert means == {"*": ([0.5], [2]), "A": ([0.5], [2])}


def test_directions_apart_and_together() -> None:
    rows = [row([1.0, 4.0]), row([2.0, 8.0], direction="D"), row([3.0, 6.0], direction=None)]
    assert by_direction(rows) == {
        "*": ([2.0, 6.0], [3, 3]),
        "A": ([1.0, 4.0], [1, 1]),
        "D": ([2.0, 8.0], [1, 1]),
    }


def test_optical_has_no_directions() -> None:
    assert set(by_direction([row([1.0], direction="D")], by_direction=False)) == {"*"}


def test_what_has_no_value_does_not_count() -> None:
    rows = [row([0.5, 0.5, 0.5]), row([nan, inf, -inf], direction="D")]
    assert by_direction(rows) == {"*": ([0.5] * 3, [1] * 3), "A": ([0.5] * 3, [1] * 3)}


def test_parcel_without_observation_is_nan() -> None:
    mean, n = by_direction([row([0.5, nan])])["*"]
    assert mean[0] == 0.5
    assert isnan(mean[1])
    assert n == [1, 0]


def test_blocks_and_bands_stay_apart() -> None:
    blocks = [block([row([1.0])]), block([row([2.0]), row([4.0])], blk=1)]
    means = block_means(blocks, by_direction=False)
    assert [(m.blk, m.mean.tolist(), m.n.tolist()) for m in means] == [(0, [1], [1]), (1, [3], [2])]


def test_sums_are_kept_in_double_precision() -> None:
    # In single precision, 1e8 + 1 is 1e8: the small values would vanish.
    rows = [row([1e8]), *[row([1.0]) for _ in range(99)]]
    assert by_direction(rows)["*"][0] == [pytest.approx((1e8 + 99) / 100, rel=1e-7)]


VALUES = st.one_of(st.just(nan), st.floats(0, 2, width=32))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A", "D", None]),
            st.lists(VALUES, min_size=3, max_size=3),
        ),
        max_size=8,
    )
)
def test_equal_to_plain_averaging(observations: list) -> None:
    rows = [row(parcels, direction=direction) for direction, parcels in observations]
    found = by_direction(rows)
    for wanted in "AD*":
        for parcel in range(3):
            values = [
                parcels[parcel]
                for direction, parcels in observations
                if wanted in ("*", direction) and not isnan(parcels[parcel])
            ]
            mean, n = found.get(wanted, ([nan] * 3, [0] * 3))
            assert n[parcel] == len(values)
            if values:
                assert mean[parcel] == pytest.approx(sum(values) / len(values), rel=1e-6, abs=1e-12)
            else:
                assert isnan(mean[parcel])
