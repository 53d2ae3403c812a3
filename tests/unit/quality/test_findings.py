"""Findings, replacements, and the draw they belong to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from dias_cbm.errors import SampleError
from dias_cbm.quality import drawn as drawing
from dias_cbm.quality.draw import Covered, Options
from dias_cbm.quality.drawn import Drawn, make
from dias_cbm.quality.findings import (
    Finding,
    Found,
    accept,
    current,
    findings_csv,
    judged,
    parse,
    parse_kept,
)
from dias_cbm.quality.ranked_list import parse as parse_list

HEAD = "bucket_id,gsa_par_id,finding,reason,colour,inspector,found_at"
TODAY = date(2026, 9, 1)
LIST = """gsa_par_id,gsa_hol_id,ua_grp_id,covered,ranking,claim_area,colour
p1,h1,A,1,1,1.0000,green
p1,h1,B,1,1,1.0000,red
p2,h2,A,1,2,2.0000,red
p3,h3,A,0,3,3.0000,yellow
p4,h4,A,1,4,4.0000,green
p4,h4,B,1,4,4.0000,green
"""


def drawn(options: Options | None = None) -> Drawn:
    """A takes p1 and p2, B takes p1."""
    made = datetime(2026, 8, 1, 12, tzinfo=UTC)
    return make(parse_list(LIST, "a list"), {"A": 2, "B": 1}, options or Options(), made)


def found(group: str, parcel: str, finding: Finding, reason: str = "") -> Found:
    return Found(group, parcel, finding, reason, "", "ann", TODAY)


def test_read_with_defaults_and_kept_as_read() -> None:
    rows = "A,p1,compliant,,,,\nA,p2,cannot_tell,no access,yellow,bo,2026-08-30\n"
    first, second = parse(f"{HEAD}\n{rows}", "f", "ann", TODAY)
    assert first == found("A", "p1", Finding.COMPLIANT)
    assert (second.inspector, second.found_at, second.colour) == ("bo", date(2026, 8, 30), "yellow")
    kept = [first, replace(second, replaced_by="p3")]
    assert parse_kept(findings_csv(kept), "kept") == kept


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("A,p1,fine,,,,", "row 1: finding is 'fine', not one of compliant, not_compliant, cannot"),
        ("A,p1,cannot_tell,,,,", "row 1: cannot_tell needs a reason"),
        ("A,,compliant,,,,", "row 1: gsa_par_id is empty"),
        ("A,p1,compliant,,pink,,", "row 1: colour is 'pink', not one of green"),
        ("A,p1,compliant,,,,31.8.2026", "row 1: '31.8.2026' is not a day"),
        ("A,p1,compliant,,,,2026-09-02", "row 1: found_at is 2026-09-02, which is to come"),
        ("A,p1,compliant,,,,\nA,p1,compliant,,,,", "row 2: parcel p1 has two findings here"),
        ("", "there is no finding in it"),
    ],
)
def test_what_is_wrong_names_its_row(row: str, told: str) -> None:
    with pytest.raises(SampleError) as caught:
        parse(f"{HEAD}\n{row}\n", "f", "ann", TODAY)
    assert told in str(caught.value)


def test_columns_that_are_missing() -> None:
    with pytest.raises(SampleError, match="the columns bucket_id, finding are missing"):
        parse("gsa_par_id\np1\n", "f", "ann", TODAY)


def test_nobody_can_tell_so_the_next_of_the_group_takes_its_place() -> None:
    sample = drawn()
    first = accept(sample, [], [found("A", "p2", Finding.CANNOT_TELL, "no access")])
    assert [one.replaced_by for one in first] == ["p3"]
    assert [row.parcel for row in current(sample, first)] == ["p1", "p3", "p1"]
    again = accept(sample, first, [found("A", "p3", Finding.CANNOT_TELL, "flooded")])
    assert [one.replaced_by for one in again] == ["p4"]
    assert [row.parcel for row in current(sample, first + again)] == ["p1", "p4", "p1"]
    # The group has no row left: the item stays, and nobody could tell.
    last = accept(sample, first + again, [found("A", "p4", Finding.CANNOT_TELL, "flooded")])
    assert [one.replaced_by for one in last] == [""]
    items = judged(sample, first + again + last)
    assert [one.finding for one in items] == [None, Finding.CANNOT_TELL, None]


def test_two_replacements_at_once_are_two_parcels() -> None:
    both = [found("A", parcel, Finding.CANNOT_TELL, "no access") for parcel in ("p1", "p2")]
    assert [one.replaced_by for one in accept(drawn(), [], both)] == ["p3", "p4"]


def test_a_replacement_is_covered_where_only_covered_parcels_are_drawn() -> None:
    sample = drawn(Options(covered=Covered.ONLY))
    first = accept(sample, [], [found("A", "p2", Finding.CANNOT_TELL, "no access")])
    assert [one.replaced_by for one in first] == ["p4"]


def test_the_latest_finding_counts_and_the_first_is_kept() -> None:
    sample = drawn()
    known = accept(sample, [], [found("A", "p1", Finding.COMPLIANT)])
    known += accept(sample, known, [found("A", "p1", Finding.NOT_COMPLIANT)])
    assert len(known) == 2
    items = judged(sample, known)
    assert (items[0].row.parcel, items[0].finding) == ("p1", Finding.NOT_COMPLIANT)
    assert [one.colour for one in items] == ["green", "red", "red"]


def test_the_colour_of_the_finding_comes_before_that_of_the_list() -> None:
    one = replace(found("A", "p1", Finding.COMPLIANT), colour="yellow")
    assert judged(drawn(), [one])[0].colour == "yellow"


def test_findings_on_what_is_not_in_the_sample() -> None:
    sample = drawn()
    with pytest.raises(SampleError, match="group A: parcel p4 is not in the sample"):
        accept(sample, [], [found("A", "p4", Finding.COMPLIANT)])
    known = accept(sample, [], [found("A", "p2", Finding.CANNOT_TELL, "no access")])
    with pytest.raises(SampleError, match="parcel p2 was replaced by p3"):
        accept(sample, known, [found("A", "p2", Finding.COMPLIANT)])


def test_a_draw_is_read_only_if_it_can_be_repeated() -> None:
    sample = drawn()
    manifest, listed = sample.manifest(), sample.ranked.text()
    assert drawing.read(manifest, listed, "d").sample == sample.sample
    with pytest.raises(SampleError, match="the list has changed since the draw"):
        drawing.read(manifest, listed.replace("4.0000", "4.0001"), "d")
    with pytest.raises(SampleError, match="another sample than the one kept"):
        drawing.read(manifest | {"sample_sha256": "0"}, listed, "d")
    with pytest.raises(SampleError, match="not the one of seed 5"):
        drawing.read(manifest | {"seed": 5}, listed, "d")
    with pytest.raises(SampleError, match="manifest is not complete"):
        drawing.read({"options": {}}, listed, "d")


def test_parcels_and_holdings_of_a_sample() -> None:
    sample = replace(drawn(), holding_level=("B",))
    assert drawing.parcels_csv(sample.sample).splitlines() == [
        "gsa_par_id,gsa_hol_id,ranking,covered,buckets,bucket_count",
        'p1,h1,1,1,"[A],[B]",2',
        "p2,h2,2,1,[A],1",
    ]
    assert drawing.holdings_csv(sample).splitlines() == [
        "gsa_par_id,gsa_hol_id,ua_grp_id,covered,ranking,selected",
        "p1,h1,B,1,1,1",
    ]
    with pytest.raises(SampleError, match="C: the list has no such group"):
        make(sample.ranked, {"A": 1, "B": 1}, Options(), sample.made_at, holding_level=["C"])


def test_lots_count_what_could_be_drawn() -> None:
    assert drawn().lots == {"A": 4, "B": 2}
    assert drawn(Options(covered=Covered.ONLY)).lots == {"A": 3, "B": 2}


def test_the_summary_tells_settings_and_counts() -> None:
    text = drawing.summary(drawn(Options(covered=Covered.ONLY)))
    assert "imagery: covered parcels only" in text
    assert "A  2  2  3  66.67%" in text
    assert "sample: 3 rows, 2 parcels, 2 holdings" in text
