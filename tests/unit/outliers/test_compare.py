"""Two lists of one season: every way onto a list and off it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from dias_cbm.outliers.compare import Comparison, Move, RunOf, Why, changes_of


def run(number: int, listed: int, last_rank: int) -> RunOf:
    at = datetime(2018, 7, number, tzinfo=UTC)
    return RunOf(
        number, at, f"model{number}", "labels", f"means{number}", "1.0", {}, listed, last_rank
    )


def row(before: dict[str, Any] | None, after: dict[str, Any] | None) -> SimpleNamespace:
    """A parcel in both runs; what is not given is as usual."""
    usual = {
        "declared": "rye", "predicted": "oats", "probability": 0.1, "rank": 5, "reason": None,
        "status": "outlier", "observations": 30,
    }  # fmt: skip
    values: dict[str, Any] = {"pid": "7"}
    for name, there, side in (("before", "was_there", before), ("after", "is_there", after)):
        values[there] = side is not None
        for key, value in usual.items():
            values[f"{key}_{name}"] = None if side is None else side.get(key, value)
    return SimpleNamespace(**values)


GREEN = {"status": "confirmed"}


@pytest.mark.parametrize(
    ("before", "after", "move", "why", "words"),
    [
        (None, {}, Move.CAME, Why.PARCEL, "the parcel is new"),
        ({}, None, Move.WENT, Why.PARCEL, "the parcel is gone"),
        ({}, GREEN | {"declared": "oats", "rank": 90}, Move.WENT, Why.CROP,
         "declared rye before, oats after"),
        (GREEN | {"declared": None, "reason": "no_declaration"}, {}, Move.CAME, Why.CROP,
         "declared nothing before, rye after"),
        ({}, {"status": "inconclusive", "reason": "small_parcel"}, Move.WENT, Why.LIMITS,
         "small_parcel after"),
        ({"status": "inconclusive", "reason": "rare_crop", "rank": None}, {}, Move.CAME, Why.LIMITS,
         "rare_crop before"),
        ({"status": "inconclusive", "reason": "thin_data", "observations": 9}, {}, Move.CAME,
         Why.OBSERVATIONS, "9 observations before, 30 after"),
        (GREEN | {"rank": 15, "observations": 9}, {"rank": 12}, Move.CAME, Why.BUDGET,
         "the list had 10 parcels, it has 20"),
        (GREEN | {"rank": 40, "observations": 9}, {}, Move.CAME, Why.OBSERVATIONS,
         "9 observations before, 30 after"),
        (GREEN | {"rank": 40, "probability": 0.5}, {}, Move.CAME, Why.PROBABILITY,
         "P(declared) was 0.500, it is 0.100"),
        ({}, GREEN | {"rank": 30, "probability": None}, Move.WENT, Why.PROBABILITY,
         "P(declared) was 0.100, it is unknown"),
        ({"rank": 9}, {"rank": 7}, Move.MOVED, Why.PROBABILITY,
         "P(declared) was 0.100, it is 0.100"),
        ({"rank": 9}, {"rank": 7, "observations": 31}, Move.MOVED, Why.OBSERVATIONS,
         "30 observations before, 31 after"),
    ],
)  # fmt: skip
def test_why(
    before: dict[str, Any] | None, after: dict[str, Any] | None, move: Move, why: Why, words: str
) -> None:
    _, (change,) = changes_of([row(before, after)], run(1, 10, 11), run(2, 20, 21))
    assert (change.move, change.why, change.why_in_words) == (move, why, words)


def test_a_longer_list_is_no_reason_when_both_are_as_long() -> None:
    rows = [row(GREEN | {"rank": 10}, {"rank": 9})]
    _, (change,) = changes_of(rows, run(1, 10, 11), run(2, 10, 11))
    assert change.why is Why.PROBABILITY


def test_a_parcel_that_keeps_its_place_is_no_change() -> None:
    rows = [row({"rank": 9}, {"rank": 8}), row({"rank": 1}, {"rank": 3})]
    stayed, changes = changes_of(rows, run(1, 20, 21), run(2, 20, 21))
    assert stayed == 2
    assert [change.rank_after for change in changes] == [3]


def test_counts_and_order() -> None:
    rows = [
        row({}, GREEN | {"rank": 90}),
        row({"rank": 1}, {"rank": 9}),
        row(None, {}),
        row(GREEN | {"rank": 80}, {}),
    ]
    pair = run(1, 10, 11), run(2, 10, 11)
    comparison = Comparison("dk-2018", *pair, *changes_of(rows, *pair))
    assert [change.move for change in comparison.changes] == ["came", "came", "went", "moved"]
    assert comparison.counts()[Move.CAME, Why.PARCEL] == 1
    assert not comparison.same_input
    assert comparison.different() == ["means"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"seed": 2}, ["settings"]),
        ({"groups": {"rye": "cereals"}}, ["groups of crops"]),
        ({"inspections": "b"}, ["decisions"]),
    ],
)
def test_what_differs_is_named(changed: dict[str, Any], words: list[str]) -> None:
    options: dict[str, Any] = {"seed": 1, "groups": {}, "inspections": "a"}
    before = replace(run(1, 10, 11), settings=options)
    after = replace(run(1, 10, 11), settings=options | changed)
    assert Comparison("dk-2018", before, after, 0, []).different() == words
