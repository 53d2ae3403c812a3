"""Draws worked out by hand, one rule of the procedure each."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import pytest

from dias_cbm.errors import SampleError
from dias_cbm.quality.draw import Covered, Options, Sample, draw
from dias_cbm.quality.ranked_list import RankedList, parse


def listed(*rows: str) -> RankedList:
    """A list from rows such as ``"p1 h1 A 1"`` or ``"p1 h1 A 1 0"``: the last is covered."""
    cells = [row.split() for row in rows]
    lines = [f"{p},{h},{g},{c[0] if c else 1},{r}" for p, h, g, r, *c in cells]
    return parse("\n".join(["gsa_par_id,gsa_hol_id,ua_grp_id,covered,ranking", *lines]), "a list")


def drawn(sample: Sample) -> dict[str, str]:
    """Parcels per bucket."""
    return {g: " ".join(one.row.parcel for one in items) for g, items in sample.buckets.items()}


def order(sample: Sample) -> str:
    """Parcels and buckets in the order in which they were added."""
    items = sorted(sample.items, key=lambda one: one.order)
    assert [one.order for one in items] == list(range(1, len(items) + 1))
    return " ".join(f"{one.row.parcel}{one.row.group}" for one in items)


def test_three_of_a_holding_when_it_is_met_and_more_at_their_rank() -> None:
    ranked = listed("p1 h1 A 1", "p2 h2 A 2", "p3 h1 A 3", "p4 h1 A 4", "p5 h1 A 5", "p6 h3 A 6")
    # p1 brings p3 and p4 of its holding along; p5 is the fourth and waits for its own rank.
    assert order(draw(ranked, {"A": 6}, Options())) == "p1A p3A p4A p2A p5A p6A"
    assert order(draw(ranked, {"A": 4}, Options())) == "p1A p3A p4A p2A"


def test_a_holding_gives_parcel_by_parcel_to_all_buckets() -> None:
    ranked = listed("p1 h1 A 1", "p1 h1 B 1", "p2 h2 B 2", "p3 h1 B 3", "p3 h1 A 3")
    assert order(draw(ranked, {"A": 2, "B": 3}, Options())) == "p1A p1B p3B p3A p2B"


def test_rows_of_a_full_bucket_leave_unless_they_are_kept() -> None:
    ranked = listed("p1 h1 A 1", "p2 h2 A 2", "p3 h3 B 5", "p4 h2 B 9")
    # A is full after p1. Then p2 is gone, and h2 is met at p4 only; kept, it is met at p2.
    assert drawn(draw(ranked, {"A": 1, "B": 1}, Options())) == {"A": "p1", "B": "p3"}
    kept = draw(ranked, {"A": 1, "B": 1}, Options(keep_first=True))
    assert drawn(kept) == {"A": "p1", "B": "p4"}


def test_two_buckets_filled_in_one_step() -> None:
    ranked = listed("p1 h1 A 1", "p1 h1 B 1", "p2 h2 A 2", "p2 h2 C 2", "p3 h3 C 3", "p3 h3 B 3")
    assert order(draw(ranked, {"A": 1, "B": 1, "C": 2}, Options())) == "p1A p1B p2C p3C"


def test_a_limit_of_holdings_and_one_holding_more_for_an_empty_bucket() -> None:
    many = [f"q{n} k{n} A {10 + n}" for n in range(31)]
    ranked = listed(
        "p1 h1 A 1", "p2 h2 A 2", "p3 h3 B 3", "p4 h1 A 4", "p5 h3 B 5", "p6 h4 B 6", *many
    )
    assert ranked.holdings == 35  # 3 % of it: one holding
    sample = draw(ranked, {"A": 5, "B": 3}, Options(limit_holdings=True))
    assert sample.limit == 1
    # h1 alone is walked. B is empty then: h3, the first with such a row, gives all it has.
    assert drawn(sample) == {"A": "p1 p4", "B": "p3 p5"}
    assert drawn(draw(ranked, {"A": 5, "B": 1}, Options(limit_holdings=True)))["B"] == "p3"


def test_no_bound_for_a_holding_that_fills_an_empty_bucket() -> None:
    ranked = listed(*(f"a{n} h1 A {n}" for n in (1, 2)), *(f"b{n} h2 B {n}" for n in range(3, 8)),
                    *(f"q{n} k{n} A {10 + n}" for n in range(32)))  # fmt: skip
    sample = draw(ranked, {"A": 2, "B": 4}, Options(limit_holdings=True))
    assert drawn(sample) == {"A": "a1 a2", "B": "b3 b4 b5 b6"}


def test_covered_parcels_alone() -> None:
    ranked = listed("p1 h1 A 1 0", "p2 h2 A 2 1", "p3 h1 A 3 1")
    assert drawn(draw(ranked, {"A": 3}, Options(covered=Covered.ONLY))) == {"A": "p2 p3"}


def test_covered_parcels_first_then_those_of_chosen_holdings_then_others() -> None:
    ranked = listed("p1 h1 A 1 0", "p2 h2 A 2 1", "p3 h3 A 3 0", "p4 h2 A 4 0", "p5 h4 A 5 1")
    first = Options(covered=Covered.FIRST)
    assert drawn(draw(ranked, {"A": 2}, first)) == {"A": "p2 p5"}
    assert drawn(draw(ranked, {"A": 3}, first)) == {"A": "p2 p5 p4"}
    assert drawn(draw(ranked, {"A": 5}, first)) == {"A": "p2 p5 p4 p1 p3"}


def test_covered_first_counts_what_a_holding_gave_already() -> None:
    ranked = listed(
        "c1 h1 A 1 1", "c2 h1 A 2 1", "u1 h1 A 3 0", "u2 h1 A 4 0", "u3 h2 A 9 0", "c9 h2 A 8 1"
    )
    # Uncovered: h1 is met with two taken, so u1 comes along and u2 has to wait for its own rank.
    sample = draw(ranked, {"A": 6}, Options(covered=Covered.FIRST))
    assert order(sample) == "c1A c2A c9A u1A u2A u3A"


def test_covered_first_with_a_limit_stays_with_the_chosen_holdings() -> None:
    many = [f"q{n} k{n} A {10 + n} 1" for n in range(32)]
    ranked = listed("p1 h1 A 1 1", "p2 h1 A 2 0", "p3 h2 A 3 0", "p4 h3 B 4 0", *many)
    sample = draw(ranked, {"A": 9, "B": 1}, Options(True, Covered.FIRST))
    assert drawn(sample) == {"A": "p1 p2", "B": "p4"}


def test_a_target_of_nothing() -> None:
    ranked = listed("p1 h1 A 1", "p2 h2 B 2")
    assert drawn(draw(ranked, {"A": 0, "B": 1}, Options())) == {"A": "", "B": "p2"}


def test_the_buckets_have_the_order_of_the_targets() -> None:
    ranked = listed("p1 h1 B 1", "p2 h2 A 2")
    assert list(draw(ranked, {"A": 1, "B": 1}, Options()).buckets) == ["A", "B"]


@pytest.mark.parametrize("targets", [{"A": 1}, {"A": 1, "B": 1, "C": 1}])
def test_targets_of_other_groups(targets: dict[str, int]) -> None:
    with pytest.raises(SampleError, match="do not name the same groups"):
        draw(listed("p1 h1 A 1", "p2 h2 B 2"), targets, Options())


def test_what_holds_for_every_draw() -> None:
    """On random lists: no row twice, no bucket above its target, none short for want of looking."""
    chance = random.Random(3)
    settings = list(itertools.product((False, True), Covered, (False, True)))
    for _ in range(40):
        rows = [
            f"p{n} h{holding} {group} {n} {covered}"
            for n in range(120)
            for holding, covered in [(chance.randrange(40), chance.randrange(2))]
            for group in chance.sample("ABCD", chance.randrange(1, 4))
        ]
        ranked = listed(*rows)
        targets = {group: chance.randrange(12) for group in ranked.groups}
        for limit, covered, keep in settings:
            sample = draw(ranked, targets, Options(limit, covered, keep))
            keys = Counter((one.row.parcel, one.row.group) for one in sample.items)
            assert max(keys.values(), default=1) == 1
            for group, items in sample.buckets.items():
                fitting = [
                    row for row in ranked.rows
                    if row.group == group and (row.covered or covered is not Covered.ONLY)
                ]  # fmt: skip
                assert len(items) <= targets[group]
                if not limit:
                    assert len(items) == min(targets[group], len(fitting))
