"""What is missing never makes a red: looks are deleted, and no yellow or green turns red."""

from __future__ import annotations

import numpy as np
import pytest
from rule_blocks import YEAR, answer, block, day, events_of

from dias_cbm.markers.gaps import gap_confidence
from dias_cbm.rules.colours import Colour
from dias_cbm.rules.gaps import Gaps
from dias_cbm.rules.reading import parse
from dias_cbm.rules.schemes import judge

RULES = parse(
    """
[scheme.need]
need = [{ marker = "mowing", window = ["06-01", "07-31"] }]
[scheme.forbid]
forbid = [{ marker = "mowing", window = ["03-01", "06-14"] }]
[scheme.both]
need = [{ marker = "mowing", window = ["06-15", "07-31"] }]
forbid = [{ marker = "mowing", window = ["03-01", "06-14"] }]
[scheme.twice]
need = [{ marker = "mowing", window = ["05-01", "08-31"], at_least = 2, min_interval_days = 28 }]
[scheme.seldom]
forbid = [{ marker = "mowing", window = ["05-01", "08-31"], at_least = 3 }]
[scheme.seldom_apart]
forbid = [{ marker = "mowing", window = ["04-01", "08-31"], at_least = 2, min_interval_days = 20 }]
[scheme.either]
any = [
  { marker = "mowing", window = ["06-01", "06-20"] },
  { marker = "mowing", window = ["07-01", "07-31"] },
]
[scheme.some]
n_of = { n = 2, of = [
  { marker = "mowing", window = ["05-01", "05-31"] },
  { marker = "mowing", window = ["06-01", "06-30"] },
  { forbid = [{ marker = "mowing", window = ["08-01", "08-31"] }] },
] }
[scheme.state]
need = [{ marker = "mowing", state = true }]
""",
    "x.toml",
    ["mowing"],
)


def seen(cuts: list[int], looks: list[int], longest: int) -> list[tuple[int, int, float]]:
    """The intervals of cuts as a marker sees them that misses none in gaps it can look over.

    In longer gaps, and where no look is on one side, it sees nothing.
    """
    found = set()
    for cut in cuts:
        before = [one for one in looks if one < cut]
        after = [one for one in looks if one >= cut]
        if before and after and after[0] - before[-1] <= longest:
            width = after[0] - before[-1]
            found.add((before[-1], after[0], 0.9 if width <= 12 else 0.4))
    return sorted(found)


def colours(parcels: list[tuple[list[int], list[int]]], until: str | None) -> np.ndarray:
    rows = [
        (number, *event)
        for number, (cuts, looks) in enumerate(parcels)
        for event in seen(cuts, looks, 20)
    ]
    found = answer(events_of(rows, "mowing"), len(parcels), until=until)
    # Every parcel has the same days: a deleted look is a day without a clear look.
    stored = block([looks for _, looks in parcels], {"mowing": found})
    return np.array([one.colour for one in judge(RULES.schemes, stored, YEAR, {})])


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("until", [None, "07-10"])
def test_deleting_looks_never_makes_a_red(seed, until):
    random = np.random.default_rng(seed)
    last = day(until or "2018-12-01")
    whole, less = [], []
    for _ in range(400):
        days = np.cumsum(random.integers(2, 9, 150)) + day("01-01")
        looks = [int(one) for one in days if one < last]
        first = day("04-10")
        cuts = [int(one) for one in np.cumsum(random.integers(16, 90, 4)) + first if one < last]
        cuts = cuts[: random.integers(0, 5)]
        kept = [one for one in looks if random.random() > random.choice([0.1, 0.4, 0.7])]
        if random.random() < 0.3:
            hole = random.integers(day("03-01"), day("09-01"))
            kept = [one for one in kept if not hole <= one < hole + 30]
        whole.append((cuts, looks))
        less.append((cuts, kept or looks[:1]))
    before, after = colours(whole, until), colours(less, until)
    assert (after == Colour.RED).any()
    made = (after == Colour.RED) & (before != Colour.RED)
    assert not made.any(), [(RULES.schemes[s].name, less[p]) for s, p in np.argwhere(made)[:3]]


def test_without_any_look_nothing_is_red():
    assert not (colours([([day("06-10")], [day("01-01")])], None) == Colour.RED).any()


@pytest.mark.parametrize("seed", range(5))
def test_gaps_are_those_of_the_markers(seed):
    random = np.random.default_rng(seed)
    days = np.unique(random.integers(0, 300, 50)).astype(np.int32)
    looks = random.random((200, len(days))) < random.random((200, 1))
    gaps = Gaps(days, looks)
    for start, end in [(0, 10), (100, 160), (20, 290), (280, 400), (400, 420)]:
        confidence, longest = gap_confidence(days, looks, start, end)
        unseen = gaps.of(start, end)
        assert np.allclose(unseen.confidence, confidence, atol=1e-6)
        assert (unseen.days >= longest).all()
        inside = (days >= start) & (days < end)
        assert (unseen.looks == looks[:, inside].sum(axis=1)).all()


def test_gaps_of_no_days():
    unseen = Gaps(np.empty(0, np.int32), np.empty((3, 0), bool)).of(0, 10)
    assert unseen.confidence.tolist() == [0, 0, 0]
    assert unseen.days.tolist() == [70, 70, 70]
