"""Checks of the input tables: every problem names its table and row."""

from __future__ import annotations

from pathlib import Path

import pytest

from dias_cbm.quality.tables import problems, read

GOOD = {
    "gsa": """gsa_par_id,gsa_hol_id,gsa_col_id,main_crop,catch_crop,organic
p1,h1,,wheat,,0
p2,h1,c1,grass,mustard,1
""",
    "lpis": "lpis_code,lpis_rp_id,tot_area\nL,r1,3.5\n",
    "gsa_lpis": "lpis_code,lpis_rp_id,gsa_par_id\nL,r1,p1\nL,r1,p2\n",
    "interventions": """ua,ua_grp,interv,interv_lev,interv_typ,ua_grp_est,start_date
u1,BISS,basic income,parcel,area,,2026-01-01
u2,ECO,eco scheme,holding,area,100,
""",
    "ua_claimed": "gsa_par_id,ua,claim_area\np1,u1,1.2345\np2,u1,2\np2,u2,2.0000\n",
}


def told(folder: Path, **changed: str) -> list[str]:
    for name, text in (GOOD | changed).items():
        (folder / f"{name}.csv").write_text(text)
    return [str(one) for one in problems(read(folder))]


def test_good_tables(tmp_path: Path) -> None:
    assert told(tmp_path) == []


@pytest.mark.parametrize(
    ("table", "old", "new", "expected"),
    [
        ("gsa", "p2,h1", "p1,h1", "gsa row 2: gsa_par_id p1 is in row 1 already"),
        ("gsa", "wheat", "", "gsa row 1: main_crop is empty"),
        ("gsa", ",0\n", ",no\n", "gsa row 1: organic is 'no', not one of 0, 1, true"),
        ("gsa", "organic", "bio", "gsa: the columns organic are missing"),
        ("lpis", "3.5", "0", "lpis row 1: tot_area is 0, not a positive area"),
        ("gsa_lpis", "r1,p2", "r2,p2", "gsa_lpis row 2: lpis_rp_id r2 is not in table lpis"),
        ("interventions", "2026-01-01", "1.1.26", "interventions row 1: '1.1.26' is not a day"),
        ("interventions", "u2,", "u1,", "interventions row 2: ua u1 is in row 1 already"),
        ("ua_claimed", "p2,u2", "p2,u1", "ua_claimed row 3: gsa_par_id p2, ua u1 is in row 2 alr"),
        ("ua_claimed", "p1,u1", "p9,u1", "ua_claimed row 1: gsa_par_id p9 is not in table gsa"),
        ("ua_claimed", "p1,u1", "p1,u9", "ua_claimed row 1: ua u9 is not in table interventions"),
        ("ua_claimed", "1.2345", "1.23456", "ua_claimed row 1: claim_area is 1.23456: more than 4"),
        ("ua_claimed", "1.2345", "x", "ua_claimed row 1: claim_area is 'x', not a number"),
        ("ua_claimed", "1.2345", "", "ua_claimed row 1: claim_area is empty"),
    ],
)
def test_each_problem(tmp_path: Path, table: str, old: str, new: str, expected: str) -> None:
    found = told(tmp_path, **{table: GOOD[table].replace(old, new, 1)})
    assert [one for one in found if one.startswith(expected)], found


def test_all_problems_and_not_the_first_alone(tmp_path: Path) -> None:
    claimed = "gsa_par_id,ua,claim_area\np9,u1,-1\np8,u1,nan\n"
    assert len(told(tmp_path, ua_claimed=claimed)) == 4


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "ua_claimed.csv").write_text(GOOD["ua_claimed"])
    assert [str(one) for one in problems(read(tmp_path))] == [
        "ua_claimed: gsa_par_id cannot be checked: there is no table gsa",
        "ua_claimed: ua cannot be checked: there is no table interventions",
    ]


def test_an_empty_table_and_a_short_row(tmp_path: Path) -> None:
    found = told(tmp_path, lpis="lpis_code,lpis_rp_id,tot_area\n", gsa_lpis=GOOD["gsa_lpis"])
    assert "lpis: the table is empty" in found
    found = told(tmp_path, lpis="lpis_code,lpis_rp_id,tot_area\nL,r1\n")
    assert "lpis row 1: tot_area is empty" in found
