"""The selection of peers is that of a reader who goes through all parcels by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dias_cbm.errors import SettingsError
from dias_cbm.peers import Criteria, Peer
from dias_cbm.peers.selection import LeftOut, Orbit, select

_ORBITS = st.frozensets(st.sampled_from([(44, "A"), (139, "D"), (117, "A")]))


@st.composite
def parcels(draw: st.DrawFn) -> list[Peer]:
    """Few different distances and areas, so that ties are the rule."""
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from([0.0, 10.0, 10.5, 999.0]),
                st.sampled_from([2_500.0, 5_000.0, 10_000.0, 20_000.0, 20_001.0]),
                st.booleans(),
                _ORBITS,
            ),
            max_size=25,
        )
    )
    names = draw(st.permutations([f"{number:02}" for number in range(len(rows))]))
    return [
        Peer(pid, "barley", distance, area, area / 100, outlier, orbits)
        for pid, (distance, area, outlier, orbits) in zip(names, rows, strict=True)
    ]


@st.composite
def criteria(draw: st.DrawFn) -> Criteria:
    return Criteria(
        nearest=draw(st.none() | st.integers(1, 8)),
        size_factor=draw(st.none() | st.sampled_from([1.0, 2.0, 4.0])),
        same_orbits=draw(st.booleans()),
        without_outliers=draw(st.booleans()),
        pixels=draw(st.sampled_from([0.0, 30.0, 100.0])),
        most=draw(st.integers(1, 8)),
    )


def by_hand(
    left: Sequence[Peer], area: float, orbits: frozenset[Orbit], wanted: Criteria
) -> list[str]:
    """Again and again take the best of what is left."""
    left, found = list(left), []
    while left and len(found) < (wanted.nearest or wanted.most):
        best = left[0]
        for one in left:
            if one.distance < best.distance or (
                one.distance == best.distance and one.pid < best.pid
            ):
                best = one
        left.remove(best)
        small, large = sorted((best.area_m2, area))
        if (
            best.pixels >= wanted.pixels
            and (not wanted.size_factor or large <= small * wanted.size_factor)
            and not (wanted.same_orbits and best.orbits != orbits)
            and not (wanted.without_outliers and best.outlier)
        ):
            found.append(best.pid)
    return found


@given(parcels(), _ORBITS, criteria())
def test_as_by_hand(near: list[Peer], orbits: frozenset[Orbit], wanted: Criteria) -> None:
    chosen, left_out = select(near, 10_000.0, orbits, wanted)
    assert [one.pid for one in chosen] == by_hand(near, 10_000.0, orbits, wanted)
    assert len(chosen) + sum(left_out.values()) == len(near)


@given(parcels(), st.randoms(use_true_random=False), criteria())
def test_the_order_of_the_rows_does_not_matter(
    near: list[Peer], chance: object, wanted: Criteria
) -> None:
    shuffled = list(near)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert select(near, 5_000.0, frozenset(), wanted) == select(
        shuffled, 5_000.0, frozenset(), wanted
    )


def test_why_a_parcel_is_left_out_is_counted() -> None:
    def near(pid: str, **more: object) -> Peer:
        values = {"distance": 5.0, "area_m2": 1e4, "pixels": 100.0} | more
        return Peer(pid, "barley", **values)  # type: ignore[arg-type]

    candidates = [
        near("a"), near("b", pixels=29.9), near("c", area_m2=2.1e4), near("d", outlier=True),
        near("e", orbits=frozenset({(44, "A")})), near("f"),
    ]  # fmt: skip
    wanted = Criteria(size_factor=2, same_orbits=True, without_outliers=True, most=1)
    chosen, left_out = select(candidates, 1e4, frozenset(), wanted)
    assert [one.pid for one in chosen] == ["a"]
    assert left_out == dict.fromkeys(LeftOut, 1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("distance", 0), ("distance", -1), ("distance", 5000.1), ("distance", math.nan),
        ("distance", math.inf), ("nearest", 0), ("nearest", 1001), ("size_factor", 0.5),
        ("size_factor", math.nan), ("size_factor", math.inf), ("pixels", -1),
        ("pixels", math.nan), ("most", 0), ("most", 1001),
    ],
)  # fmt: skip
def test_values_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(SettingsError, match="out of range"):
        Criteria(**{name: value})  # type: ignore[arg-type]
