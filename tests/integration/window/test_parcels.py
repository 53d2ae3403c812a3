"""A parcel's page as a client of the API gets it: its place, its names, and what it cannot tell."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from blocks import add_block, add_season
from fastapi.testclient import TestClient
from marker_season import MarkerSeason, marked
from parcel_page import BASE, get, season, table
from window_host import READER, StandIn

from dias_cbm import archive, seasons
from dias_cbm.db.connection import Connection
from dias_cbm.markers import run

__all__ = ["marked", "season"]
pytestmark = pytest.mark.integration
HOSTILE = ["<img src=x onerror=alert(1)>", "a/b c", "=cmd|' /C calc'!A0", "../..", "ø;'\"--"]


def test_a_parcel_is_told_with_its_place_and_its_flags(
    client: TestClient, connection: Connection, season: int
) -> None:
    connection.execute(
        "insert into parcel_flag values (%s, 'p/1', 's2', 'centre', 'few_pixels', 3)", (season,)
    )
    connection.execute("update parcel set repaired = 'ring closed' where pid = 'p/1'")
    connection.commit()
    found = get(client, "p/1")
    assert (found["crop"], found["area_ha"], found["tile"]) == ("barley", 1.0, "32VNH")
    assert found["geometry"]["type"] == "MultiPolygon"
    assert found["centre"] == [9.2, 56.2]
    assert found["repaired"] == "ring closed"
    assert found["flags"] == [{"card": "s2", "rule": "centre", "reason": "few_pixels", "pixels": 3}]
    assert (found["previous_season"], found["next_season"]) == (None, None)
    feature = get(client, "p/1", format="geojson")
    assert (feature["type"], feature["id"]) == ("Feature", "p/1")


def test_the_same_parcel_of_other_seasons_is_named_to_those_who_may_see_them(
    client: TestClient, connection: Connection, season: int, host: StandIn
) -> None:
    for name, year in (("dk-2016", 2016), ("dk-2017", 2017), ("dk-2019", 2019)):
        add_block(
            connection,
            add_season(connection, name, date(year, 1, 1), date(year, 9, 1)),
            1,
            ["p/1"],
        )
    found = get(client, "p/1")
    assert found["previous_season"]["name"] == "dk-2017"
    assert found["next_season"]["name"] == "dk-2019"
    host.logged_in = type(READER)("9", "eve", READER.rights, frozenset({"dk-2018", "dk-2016"}))
    found = get(client, "p/1")
    assert found["previous_season"]["name"] == "dk-2016"
    assert found["next_season"] is None


def test_a_season_without_anything_answers_with_reasons(client: TestClient, season: int) -> None:
    assert get(client, "p2", "/verdict") == {
        "newest": None,
        "explanation": None,
        "because": "no run of outliers has judged the parcel",
        "history": [],
    }
    assert get(client, "p2", "/curves")["series"] == []
    assert get(client, "p2", "/markers")["rows"] == []
    assert get(client, "p2", "/schemes")["because"] == "no rules were run yet"
    band = get(client, "p2", "/peers/band")
    assert (band["peers"], {row["own"] for row in band["rows"]}) == (1, {None})
    band = get(client, "p2", "/peers/band", pixels=1000)
    assert (band["rows"], band["peers"]) == ([], 0)
    assert band["because"]


def test_a_detached_season_says_so_in_place_of_an_empty_series(
    client: TestClient, connection: Connection, season: int
) -> None:
    found = seasons.get(connection, "dk-2018")
    archive.detach(connection, found)
    connection.commit()
    parts = ("/series", "/gaps", "/evidence", "/chips", "/chips/1.webp")
    replies = [client.get(f"{BASE}/p2{part}") for part in parts]
    notebooks = "/query/parcelTimeSeries?aoi=dk&year=2018&pid=p2&tstype="
    replies += [client.get(f"{notebooks}{kind}") for kind in ("s2", "bs", "scl")]
    like = "band=B04&values=0-9999&start_date=2018-05-01&end_date=2018-06-01"
    replies.append(client.get(f"/query/parcelStatsPeers?aoi=dk&year=2018&{like}"))
    parcel = client.get(f"{BASE}/p2")
    # Other tests use the same tables.
    archive.attach(connection, found)
    connection.commit()
    assert parcel.status_code == 200
    assert {reply.status_code for reply in replies} == {409}
    assert all("cbm season attach" in reply.text for reply in replies)


@pytest.mark.parametrize(
    "part",
    ["", "/series", "/gaps", "/verdict", "/curves", "/markers", "/schemes", "/evidence", "/peers",
     "/peers/band"],
)  # fmt: skip
def test_an_unknown_parcel_or_season_is_not_found(
    client: TestClient, season: int, part: str
) -> None:
    assert client.get(f"{BASE}/nobody{part}").status_code == 404
    assert client.get(f"/api/v1/seasons/none/parcels/p2{part}").status_code == 404
    assert client.get(f"{BASE}/no%00body{part}").status_code in (404, 422)


def test_hostile_names_are_kept_letter_by_letter(
    client: TestClient, connection: Connection, season: int
) -> None:
    add_block(connection, season, 2, HOSTILE)
    for pid in HOSTILE:
        if pid == "../..":
            continue  # A client resolves it away; by its encoded form it is found below.
        assert get(client, pid)["pid"] == pid
        assert get(client, pid, "/series")["series"] == []
    connection.execute("update parcel set crop = '=HYPERLINK(1)' where season = %s", (season,))
    connection.commit()
    rows = table(client, "p2", "/peers", distance_m=5000, pixels=0)
    assert rows
    assert all(row["crop"].startswith("'=") for row in rows)


@pytest.mark.parametrize(
    ("sent", "root"), [("p%2F1", "../../../"), ("p/1", "../../../../"), ("p2?a=/", "../../../")]
)
def test_a_page_finds_the_mount_however_its_slashes_were_sent(
    client: TestClient, season: int, sent: str, root: str
) -> None:
    reply = client.get(f"/seasons/dk-2018/parcels/{sent}", headers={"Accept": "text/html"})
    assert f'href="{root}static/app.css"' in reply.text


CLIENT = Path(__file__).resolve().parents[3] / "plugins/client/test/fixtures"


def names(answer: Any, *way: str) -> set[str]:
    """Names in an answer, of the first object at the end of a way into it."""
    found = [answer]
    for name in way:
        below = [one[name] for one in found]
        found = [row for one in below for row in (one if isinstance(one, list) else [one])]
    return set(found[0])


def test_the_page_is_tried_with_answers_of_the_shape_that_these_have(
    client: TestClient, marked: MarkerSeason
) -> None:
    run.run(marked.connection, marked.season, ["presence"], today=date(2018, 8, 1))
    ways: list[tuple[str, str, list[tuple[str, ...]]]] = [
        ("a", "", [()]),
        ("a", "/series", [("series",), ("series", "observations"), ("series", "windows")]),
        ("c", "/gaps", [("rows",), ("rows", "passes")]),
        ("a", "/verdict", [()]),
        ("a", "/markers", [("rows",), ("rows", "events")]),
        ("a", "/evidence", [("rows",)]),
    ]
    for pid, part, some in ways:
        kept = json.loads((CLIENT / f"parcel{part.replace('/', '-')}.json").read_text())
        there = get(client, pid, part)
        for way in some:
            assert names(kept, *way) - names(there, *way) == set(), (part, way)
