"""Lists: reading, ranking by a seed, and what is wrong with a row."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from dias_cbm.errors import SampleError
from dias_cbm.quality.ranked_list import parse, rank, read

HEAD = "gsa_par_id,gsa_hol_id,ua_grp_id,covered,ranking,claim_area,colour"
UNRANKED = "gsa_par_id,gsa_hol_id,ua_grp_id,covered\n"


def test_read_and_written_in_one_way(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f'\ufeff{HEAD}\r\n007,h1,A,1,1,2.5,green\r\n008,"h,2",B,0,2,,\r\n', newline="")
    found = read(path)
    assert [row.parcel for row in found.rows] == ["007", "008"]
    assert found.rows[0].area == 2.5
    assert found.rows[0].colour == "green"
    assert math.isnan(found.rows[1].area)
    assert found.groups == {"A": 1, "B": 1}
    assert found.text() == f'{HEAD}\n007,h1,A,1,1,2.5000,green\n008,"h,2",B,0,2,,\n'
    assert parse(found.text(), "again").sha256() == found.sha256()
    assert parse(found.text().replace("2.5000", "2.5001"), "x").sha256() != found.sha256()


def test_a_seed_ranks_whatever_the_order_of_the_file() -> None:
    rows = [f"p{n},h{n % 4},{group},1" for n in range(30) for group in "AB"]
    found = parse(UNRANKED + "\n".join(rows), "a list", seed=7)
    turned = parse(UNRANKED + "\n".join(reversed(rows)), "a list", seed=7)
    assert found.text() == turned.text()
    assert sorted({row.ranking for row in found.rows}) == list(range(1, 31))
    assert [row.ranking for row in found.rows] == sorted(row.ranking for row in found.rows)
    assert parse(UNRANKED + "\n".join(rows), "a list", seed=8).text() != found.text()
    assert rank(found, 7).text() == found.text()


def test_the_first_of_a_seed_can_be_worked_out_elsewhere() -> None:
    """``printf 7:p1 | sha256sum`` begins with 75ca76, of 7:p2 02b2cd, of 7:p3 7c8c97."""
    found = parse(UNRANKED + "p1,h,A,1\np2,h,A,1\np3,h,A,1\n", "a list", seed=7)
    assert [row.parcel for row in found.rows] == ["p2", "p1", "p3"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("p2,h1,A,2,2,,", "a list row 2: covered is '2', not 0 or 1"),
        ("p2,,A,1,2,,", "a list row 2: gsa_hol_id is empty"),
        ("p2,h1,A,1,,,", "a list row 2: ranking is empty"),
        ("p2,h1,A,1,first,,", "a list row 2: ranking is 'first', not a whole number"),
        ("p1,h1,A,1,1,,", "a list row 2: parcel p1 is listed twice for group A"),
        (
            "p1,h2,B,1,1,,",
            "a list row 2: parcel p1 is of holding h2 here, and of h1 in a row above",
        ),
        ("p1,h1,B,1,5,,", "a list row 2: parcel p1 has rank 5 here, and 1 in a row above"),
        ("p2,h1,A,1,2,1.23456,", "a list row 2: claim_area is 1.23456: more than 4 decimals"),
        ("p2,h1,A,1,2,-1,", "a list row 2: claim_area is -1, not a positive area"),
        ("p2,h1,A,1,2,nan,", "a list row 2: claim_area is nan, not a positive area"),
        ("p2,h1,A,1,2,big,", "a list row 2: claim_area is 'big', not a number"),
        ("p2,h1,A,1,2,1,5,green", "a list row 2: has more cells than the 7 columns"),
        ("p2,h1,A,1,2,,blue", "a list row 2: colour is 'blue', not one of green"),
    ],
)
def test_what_is_wrong_names_its_row(row: str, told: str) -> None:
    with pytest.raises(SampleError) as caught:
        parse(f"{HEAD}\np1,h1,A,1,1,,\n{row}\n", "a list")
    assert told in str(caught.value)


def test_rank_or_seed_and_not_both() -> None:
    with pytest.raises(SampleError, match="no column ranking"):
        parse(f"{UNRANKED}p1,h1,A,1\n", "a list")
    with pytest.raises(SampleError, match="a seed is given too"):
        parse(f"{HEAD}\np1,h1,A,1,1,,\n", "a list", seed=1)


def test_no_columns_no_rows_no_file(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match="the columns ua_grp_id, covered are missing"):
        parse("gsa_par_id,gsa_hol_id\n", "a list")
    with pytest.raises(SampleError, match="it has the column covered twice"):
        parse(f"{HEAD},covered\np1,h1,A,1,1,,,0\n", "a list")
    assert parse(f"{HEAD}\np1,h1,A,1,1,,,,\n", "a list").rows
    with pytest.raises(SampleError, match="a list: not CSV"):
        parse(f"{HEAD}\n{'x' * 200_000},h1,A,1,1,,\n", "a list")
    with pytest.raises(SampleError, match="is empty"):
        parse(f"{HEAD}\n", "a list")
    with pytest.raises(SampleError, match="cannot be read"):
        read(tmp_path / "none.csv")
