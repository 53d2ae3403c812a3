"""Rotation by last season's parcels, which have other ids, shapes and another CRS."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from marker_season import MarkerSeason
from typer.testing import CliRunner

from dias_cbm.cli.rules import app
from dias_cbm.rules.holdings import HoldingRule
from dias_cbm.rules.run import last_season

pytestmark = pytest.mark.integration

RULES = '[holding.rotation]\nholding = "farm"\nchanged_parcels_at_least = 0.5\n'

#: Parcels of the season before: id, whose land, share of its width from, to, crop.
BEFORE = [
    ("a", "a", 0, 1, "wheat"),
    # The id is on other land now; the land of b had another one.
    ("b", "a", 0, 1, "wheat"),
    ("b_old", "b", 0, 1, "rape"),
    # Two that were joined since.
    ("c_west", "c", 0, 0.5, "maize"),
    ("c_east", "c", 0.5, 1, "maize"),
    ("d_part", "d", 0, 0.6, "wheat"),
    ("e_mine", "e", 0, 1, "wheat"),
    ("e_yours", "e", 0, 1, "rape"),
]


def judged(rules: Path, *options: str) -> dict[str, dict[str, int]]:
    found = CliRunner().invoke(app, ["run", "dk-2018", str(rules), "--json", *options])
    assert found.exit_code == 0, found.output
    return json.loads(found.output)["schemes"]["rotation"]


def test_rotation(marked: MarkerSeason, tmp_path: Path) -> None:
    rules, connection = tmp_path / "rules.toml", marked.connection
    rules.write_text(RULES)
    # The fixture's parcels lie on one another.
    connection.execute(
        "update parcel set crop = 'wheat', attributes = '{\"farm\": \"1\"}',"
        " geom = st_translate(geom, 5000 * (ascii(pid) - 97), 0)"
    )
    connection.commit()
    assert judged(rules) == {"yellow": 6}
    found = CliRunner().invoke(app, ["explain", "dk-2018", "a"])
    assert "no season of the year before covers this land" in found.output

    connection.execute(
        "insert into season (name, area, srid, epoch, starts, ends) select 'dk-2017', area, 25833,"
        " epoch - 365, starts - 365, ends - 365 from season where name = 'dk-2018'"
    )
    for pid, land, start, end, crop in BEFORE:
        connection.execute(
            "insert into parcel (season, pid, crop, area_m2, geom, centre)"
            " select (select id from season where name = 'dk-2017'), %s, %s, 1,"
            " st_multi(st_collectionextract(st_transform(st_intersection(geom, st_makeenvelope("
            "  st_xmin(geom) + %s * (st_xmax(geom) - st_xmin(geom)), st_ymin(geom),"
            "  st_xmin(geom) + %s * (st_xmax(geom) - st_xmin(geom)), st_ymax(geom),"
            "  st_srid(geom))), 25833), 3)), centre"
            " from parcel where season = %s and pid = %s",
            (pid, crop, start, end, marked.season.id, land),
        )
    connection.commit()
    rule = HoldingRule("rotation", "", "", "farm", changed_parcels_at_least=0.5)
    last = last_season(connection, marked.season, rule)
    assert {pid: (one.season, one.crop, one.by) for pid, one in last.items()} == {
        "a": ("dk-2017", "wheat", "id"),
        "b": ("dk-2017", "rape", "overlap"),
        "c": ("dk-2017", "maize", "overlap"),
        "d": ("dk-2017", None, ""),
        "e": ("dk-2017", None, "twice"),
        "f": ("dk-2017", None, ""),
    }
    assert last["a"].overlap == pytest.approx(1, abs=1e-3)
    assert last["d"].overlap == pytest.approx(0.6, abs=1e-2)
    # Two of six have surely changed, three may have.
    assert judged(rules) == {"yellow": 6}
    found = CliRunner().invoke(app, ["explain", "dk-2018", "a"])
    assert (
        "another crop than in dk-2017 on 33.3 % to 83.3 % of its parcels, at least 50.0 % asked;"
        " last crop by id for 1 parcel, by place for 2 parcels, not known for 1 parcel, declared"
        " twice with other crops, not known for 2 parcels, of which one crop covered at most 60."
    ) in found.output
    rules.write_text(RULES.replace("0.5", "0.3"))
    assert judged(rules) == {"green": 6}
    rules.write_text(RULES.replace("0.5", "0.9"))
    assert judged(rules) == {"red": 6}
