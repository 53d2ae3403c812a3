"""Why a parcel has, or has not, a value: the chain of evidence, and its windows in SQL."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dias_cbm.cli.gaps import app
from dias_cbm.completeness import gaps
from dias_cbm.completeness.why import explain
from dias_cbm.errors import ParcelUnknown
from dias_cbm.known_bad import KnownBad, add
from dias_cbm.scenes import Cause, Kind

pytestmark = pytest.mark.integration

NOW = datetime(2018, 7, 10, tzinfo=UTC)


@pytest.fixture
def parcel(world: Any) -> str:
    """Parcel P1, the first of block 1 of tile 32VNH."""
    world.connection.execute(
        "insert into parcel (season, pid, crop, area_m2, geom, centre) values (%s, 'P1', 'maize',"
        " 10000, st_geomfromtext('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))', 25832),"
        " st_setsrid(st_makepoint(9.5, 56.5), 4326))",
        (world.season.id,),
    )
    world.connection.execute(
        "insert into parcel_slot values (%s, 'P1', '32VNH', 1, 1)", (world.season.id,)
    )
    world.connection.commit()
    return "P1"


def lines(world: Any, day: date) -> list[str]:
    return explain(world.connection, world.season, "P1", day, NOW).lines()


@pytest.mark.usefixtures("parcel")
def test_a_pass_that_is_in_is_followed_to_its_pixels(radar: Callable[..., Any]) -> None:
    found = lines(radar(), date(2018, 5, 3))
    assert found[0] == "parcel P1 of season dk-2018, tile 32VNH, 2018-05-03"
    assert found[2] == "CARD-BS of S1A, orbit 44 ascending, expected 2018-05-03 17:00 UTC"
    assert found[3].startswith("  - level-1: S1A_S1_GRD_20180503T170000")
    assert "is extracted" in found[4]
    assert found[5] == "  - extraction: extracted, 50 records over the tile"
    assert found[6] == "  - parcel: 1 valid pixels (rule centre)"
    assert found[7].startswith("  => it has a value: extracted from S1A_CARD_BS")


@pytest.mark.usefixtures("parcel")
def test_a_failed_orbit_is_explained_with_next_try_and_who_can_act(
    radar: Callable[..., Any],
) -> None:
    world = radar(lost=(14,))
    (*_, before) = lines(world, date(2018, 5, 15))
    assert "not recorded as a gap yet" in before
    gaps.refresh(world.connection, world.season, NOW)
    found = lines(world, date(2018, 5, 15))
    assert found[3:5] == ["  - level-1: no S1_GRD is listed", "  - product: no CARD-BS is listed"]
    assert found[5].startswith("  => not_acquired: nothing shows that the satellite has observed (")
    assert found[5].endswith(
        "gap 1 is missing; next try 2018-07-10 06:00 UTC;"
        " who can act: the platform, if it was acquired at all"
    )


@pytest.mark.usefixtures("parcel")
def test_a_day_without_pass_is_answered_with_its_window(radar: Callable[..., Any]) -> None:
    world = radar()
    found = explain(world.connection, world.season, "P1", date(2018, 5, 2), NOW)
    assert (found.first, found.last) == (date(2018, 5, 1), date(2018, 5, 5))
    assert [chain.has_value for chain in found.chains] == [True]
    nothing = explain(world.connection, world.season, "P1", date(2018, 5, 17), NOW)
    assert nothing.lines()[1] == "no pass is expected: no satellite crosses the parcel at that time"


@pytest.mark.usefixtures("parcel")
def test_clouds_over_the_parcel_are_told_in_per_cent(world: Any) -> None:
    for day in (2, 12, 22):
        scene_id = world.extracted(Kind.S2_L2A, day, "S2A", orbit=108)
        for scl, pixels in ((4, 3.0), (9, 9.0), (0, 5.0)):
            world.connection.execute(
                "insert into histogram_block values (%s, %s, 1, %s, array[%s]::real[])",
                (world.season.id, scene_id, scl, pixels),
            )
    world.connection.commit()
    found = lines(world, date(2018, 5, 13))
    assert any(line.endswith("; 25% of its 12 classified pixels are clear") for line in found)


@pytest.mark.usefixtures("parcel")
def test_both_acquisitions_of_a_coherence_pair_are_told(world: Any) -> None:
    for number, satellite in ((2, "S1A"), (8, "S1B"), (14, "S1A"), (26, "S1A"), (32, "S1B")):
        world.scene(Kind.S1_SLC, number, satellite)
    world.connection.commit()
    found = lines(world, date(2018, 5, 27))
    assert found[3].startswith("  - level-1: S1A_S1_SLC_20180527T170000")
    assert found[4] == "  - level-1, earlier one of the pair: no S1_SLC is listed"
    assert "nothing shows that both acquisitions of the pair were made" in found[6]


@pytest.mark.usefixtures("parcel")
def test_a_failure_names_its_reason(radar: Callable[..., Any]) -> None:
    world = radar(lost=(14,))
    world.fail(world.scene(Kind.CARD_BS, 14), Cause.CORRUPT, "file is short")
    gaps.refresh(world.connection, world.season, NOW)
    found = lines(world, date(2018, 5, 15))
    assert "is failed, corrupt: file is short" in found[4]
    assert found[-1].startswith("  => corrupt: the product is damaged or incomplete (")


@pytest.mark.usefixtures("parcel")
def test_a_product_known_to_be_bad_says_so(
    radar: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "bad.toml"
    monkeypatch.setenv("CBM_CATALOGUE_KNOWN_BAD", str(own))
    add(KnownBad("S1A_*20180503*", "7 km off", "disclaimer 0"), own)
    found = lines(radar(), date(2018, 5, 3))
    assert found[3].endswith("is listed; known to be bad: 7 km off (disclaimer 0)")
    assert found[4].endswith("is extracted; known to be bad: 7 km off (disclaimer 0)")


@pytest.mark.usefixtures("parcel")
def test_a_pass_whose_only_product_is_known_to_be_bad(radar: Callable[..., Any]) -> None:
    world = radar(lost=(14,))
    world.fail(world.scene(Kind.CARD_BS, 14), Cause.KNOWN_BAD, "7 km off (disclaimer 0)")
    gaps.refresh(world.connection, world.season, NOW)
    found = lines(world, date(2018, 5, 15))
    assert found[4].endswith("is failed, known_bad: 7 km off (disclaimer 0)")
    assert "=> known_bad: its only product is known to be bad, and not used (" in found[-1]


def test_an_unknown_parcel_is_named(world: Any) -> None:
    with pytest.raises(ParcelUnknown, match="no such parcel"):
        explain(world.connection, world.season, "P9", date(2018, 5, 2), NOW)


@pytest.mark.usefixtures("parcel")
def test_each_window_of_a_parcel_says_what_became_of_it(radar: Callable[..., Any]) -> None:
    world = radar(lost=(14, 20))
    gaps.refresh(world.connection, world.season, NOW)
    world.connection.execute("update gap set blocks = '{2}' where expected_at > '2018-05-20'")
    rows = world.connection.execute("select * from parcel_windows('dk-2018', 'P1')").fetchall()
    assert [row.state for row in rows] == [
        "observed",  # 1 to 5 May: the pass of the 3rd
        "observed",  # 6 to 10: the 9th
        "open",  # 11 to 15: the 15th is lost
        "nothing expected",
        "nothing expected",  # 21 to 25: lost, but over another block
        "observed",  # 27th
        "observed",  # 2 June
        "nothing expected",
    ]
    assert rows[2].causes == ["not_acquired"]
    assert (rows[0].window_start, rows[0].window_end) == (date(2018, 5, 1), date(2018, 5, 6))
    unknown = world.connection.execute("select * from parcel_windows('dk-2018', 'P9')")
    assert unknown.fetchall() == []


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


@pytest.mark.usefixtures("parcel")
def test_the_command_answers_for_a_season(radar: Callable[..., Any]) -> None:
    world = radar(lost=(14,))
    gaps.refresh(world.connection, world.season, NOW)
    plain = run("why", "dk-2018", "P1", "2018-05-15").output
    assert "who can act" in plain
    (chain,) = json.loads(run("why", "dk-2018", "P1", "2018-05-15", "--json").output)["chains"]
    assert chain["has_value"] is False
    assert run("why", "dk-2018", "P1", "15 May").exit_code == 2
    assert len(json.loads(run("list", "--parcel", "P1", "--json").output)) == 1
    assert json.loads(run("list", "--parcel", "P9", "--json").output) == []
