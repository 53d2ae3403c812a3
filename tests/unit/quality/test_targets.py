"""Targets by lot size, by the newer rule and the older table, and from a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from dias_cbm.errors import SampleError
from dias_cbm.quality.targets import Rule, default_target, default_targets, read


@pytest.mark.parametrize(
    ("lot", "target"),
    [(1, 1), (20, 1), (21, 2), (47, 3), (1485, 75), (2936, 147), (5999, 300), (6000, 300),
     (90000, 300)],
)  # fmt: skip
def test_five_per_cent(lot: int, target: int) -> None:
    assert default_target(lot) == target


@pytest.mark.parametrize(
    ("lot", "target"),
    [(1, 1), (50, 50), (51, 50), (200, 50), (201, 55), (300, 55), (301, 110), (400, 110),
     (401, 115), (500, 115), (501, 170), (700, 170), (701, 175), (800, 175), (801, 230),
     (1200, 230), (1201, 300), (90000, 300)],
)  # fmt: skip
def test_the_older_table(lot: int, target: int) -> None:
    assert default_target(lot, Rule.TABLE) == target


def test_the_order_is_that_of_the_list() -> None:
    assert list(default_targets({"B": 100, "A": 20})) == ["B", "A"]


def file(folder: Path, *rows: str) -> Path:
    path = folder / "targets.csv"
    path.write_text("\n".join(["ua_grp_id,target", *rows]) + "\n")
    return path


def test_from_a_file_in_its_order(tmp_path: Path) -> None:
    found = read(file(tmp_path, "A,3", "B,0"), {"B": 10, "A": 10})
    assert list(found.items()) == [("A", 3), ("B", 0)]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["A,3", "A,4"], "row 2: group A has two targets"),
        (["A,3", "C,4"], "row 2: the list has no group 'C'"),
        (["A,3"], "group B of the list has no target"),
        (["A,three", "B,1"], "row 1: target is 'three', not a whole number"),
        (["A,-1", "B,1"], "row 1: target is '-1', not a whole number"),
        (["A", "B,1"], "row 1: target is '', not a whole number"),
    ],
)
def test_what_is_wrong_names_its_row(tmp_path: Path, rows: list[str], told: str) -> None:
    with pytest.raises(SampleError) as caught:
        read(file(tmp_path, *rows), {"A": 10, "B": 10})
    assert told in str(caught.value)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="cannot be read"):
        read(tmp_path / "none.csv", {"A": 1})
