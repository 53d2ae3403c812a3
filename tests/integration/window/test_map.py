"""The map of a season: classes, legend, list and markers agree with each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from map_season import COUNT, CROPS, LAST_BLOCK, coloured, season

from dias_cbm.db.connection import Connection, connect
from dias_cbm.db.queries import query
from dias_cbm.seasons import Season
from dias_cbm.window.map import colouring, places
from dias_cbm.window.map.colouring import ColouringUnknown
from dias_cbm.window.map.places import HIDDEN, Places
from dias_cbm.window.map.season_map import SeasonMaps

__all__ = ["season"]
pytestmark = pytest.mark.integration


def test_the_legend_counts_every_parcel_once(connection: Connection, season: Season) -> None:
    rows = coloured(connection, season).legend()
    assert {row["name"]: row["parcels"] for row in rows} == {
        "none": 300, "confirmed": 300, "inconclusive": 300, "outlier": 300,
    }  # fmt: skip
    assert sum(row["area_ha"] for row in rows) == pytest.approx(COUNT * 1.8, rel=1e-5)
    crops = coloured(connection, season, "crop").legend()
    assert {row["name"]: row["parcels"] for row in crops} == dict.fromkeys(CROPS, 400)


def test_a_filter_hides_the_others(connection: Connection, season: Season) -> None:
    assert sum(row["parcels"] for row in coloured(connection, season, crop="wheat").legend()) == 400
    assert not coloured(connection, season, tile="33UUB").legend()
    only = coloured(connection, season, only=frozenset(("outlier",)))
    assert [row["name"] for row in only.legend()] == ["outlier"]
    assert (only.classes[only.places.there] != HIDDEN).sum() == 300
    with pytest.raises(ColouringUnknown, match="no class purple"):
        coloured(connection, season, only=frozenset(("purple",)))
    with pytest.raises(ColouringUnknown, match="cannot be coloured"):
        coloured(connection, season, "marker:mowing")


def test_a_decision_changes_class_and_version(connection: Connection, season: Season) -> None:
    maps = SeasonMaps()
    before = maps.coloured(connection, season, "verdict")
    connection.execute(
        "insert into decision (id, season, pid, finding, declared, decided_by, source)"
        " overriding system value values (7, %s, 'p2', 'wrong', 'x', 'ann', 'window')",
        (season.id,),
    )
    after = maps.coloured(connection, season, "verdict")
    assert after.version != before.version
    assert {row["name"]: row["parcels"] for row in after.legend()}["wrong"] == 1
    # One with a lower id is committed later.
    connection.execute(
        "insert into decision (id, season, pid, finding, declared, decided_by, source)"
        " overriding system value values (6, %s, 'p6', 'right', 'x', 'bo', 'command')",
        (season.id,),
    )
    later = maps.coloured(connection, season, "verdict")
    assert later.version != after.version
    assert {row["name"]: row["parcels"] for row in later.legend()}["right"] == 1


def test_a_decision_does_not_make_the_list_be_read_anew(
    connection: Connection, season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps, read = SeasonMaps(), colouring.listed
    asked: list[int | None] = []

    def listed(connection: Connection, places: Places, now: colouring.Versions) -> np.ndarray:
        asked.append(now.outlier_run)
        return read(connection, places, now)

    monkeypatch.setattr(colouring, "listed", listed)
    before = maps.coloured(connection, season, "verdict").classes
    connection.execute(
        "insert into decision (season, pid, finding, declared, decided_by, source)"
        " values (%s, 'p2', 'unclear', 'x', 'ann', 'window')",
        (season.id,),
    )
    after = maps.coloured(connection, season, "verdict").classes
    assert [before[after != before].tolist(), after[after != before].tolist()] == [[3], [6]]
    # What was shown before is as it was.
    assert 6 not in before
    assert len(asked) == 1


def test_a_decision_on_another_declaration_leaves_an_outlier(
    client: TestClient, connection: Connection, season: Season
) -> None:
    connection.execute(
        "insert into decision (season, pid, finding, declared, decided_by, source)"
        " values (%s, 'p2', 'right', 'what was declared before', 'ann', 'window')",
        (season.id,),
    )
    connection.commit()
    there = f"/api/v1/seasons/{season.name}"
    legend = client.get(f"{there}/map/legend", params={"colour": "verdict"}).json()["rows"]
    classes = {row["name"]: row["parcels"] for row in legend}
    work = client.get(f"{there}/work", params={"kind": "outlier"}).json()["summary"]
    page = client.get(there).json()["work"]
    assert classes["outlier"] == work["left"] == page["outlier"] == COUNT / 4
    assert page["decided"] == {}


def test_gaps_and_observations(connection: Connection, season: Season) -> None:
    connection.execute(
        "insert into gap (season, card, satellite, rel_orbit, tile, expected_at, cause, evidence,"
        " state, parcels, blocks, next_check) values (%s, 'bs', 'S1A', 1, '32VNH', now(),"
        " 'not_published', 'x', 'missing', 1, '{40}', now())",
        (season.id,),
    )
    gaps = {row["name"]: row["parcels"] for row in coloured(connection, season, "gaps").legend()}
    assert gaps == {"complete": 992, "open_gap": COUNT - 992}
    for period, number in ((10, 1), (13, 2)):
        counts = np.full(992, number)
        counts[0] = 0
        connection.execute(
            "insert into five_day_mean_block values (%s, 'bs', %s, 1, 'VV', '*', %s, %s)",
            (season.id, period, [0.1] * 992, counts.tolist()),
        )
    seen = coloured(connection, season, "observations:bs").legend()
    assert {row["name"]: row["parcels"] for row in seen} == {"0": COUNT - 991, "3-5": 991}


def test_search_finds_by_the_beginning(client: TestClient, season: Season) -> None:
    def found(text: str) -> list[str]:
        path = "/api/v1/seasons/map-2018/map/search"
        return [row["pid"] for row in client.get(path, params={"text": text}).json()["rows"]]

    assert found("p119") == ["p119", *(f"p{n}" for n in range(1190, 1200))][:10]
    assert found("%") == []
    assert found("p_") == []


def test_what_many_ask_for_at_once_is_made_once(
    connection: Connection, season: Season, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    read = places.read

    def slowly(connection: Connection, number: int) -> Any:
        made.append(number)
        sleep(0.2)
        return read(connection, number)

    monkeypatch.setattr(places, "read", slowly)
    maps = SeasonMaps()

    def ask(_: int) -> int:
        with connect(database) as own:
            return len(maps.coloured(own, season, "verdict").legend())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [4] * 4
    assert made == [season.id]


def test_what_could_not_be_made_is_tried_again(
    connection: Connection, season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps = SeasonMaps()
    with monkeypatch.context() as patch:
        patch.setattr(places, "read", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            maps.coloured(connection, season, "verdict")
    assert maps.coloured(connection, season, "verdict").legend()


def test_the_list_of_a_view_begins_with_what_is_looked_for(
    client: TestClient, season: Season
) -> None:
    path = "/api/v1/seasons/map-2018/map/view"
    box = {"west": 9.7, "south": 55.8, "east": 9.9, "north": 55.9}
    found = client.get(path, params=box | {"colour": "verdict", "limit": 100}).json()
    inside = [row for row in found["rows"] if 9.7 < row["longitude"] < 9.9]
    assert len(inside) == len(found["rows"]) == 100 < found["parcels"] < COUNT
    kinds = [row["class"] for row in found["rows"]]
    number = kinds.count("outlier")
    assert 0 < number < 100
    assert kinds[:number] == ["outlier"] * number
    away = [
        np.hypot((row["longitude"] - 9.8) * np.cos(np.radians(55.85)), row["latitude"] - 55.85)
        for row in found["rows"][number:]
    ]
    assert (np.diff(away) > -1e-4).all()
    only = client.get(path, params=box | {"colour": "verdict", "only": "outlier"}).json()
    assert only["parcels"] < found["parcels"]
    assert {row["class"] for row in only["rows"]} == {"outlier"}
    # Once around the other way.
    turned = client.get(path, params=box | {"west": box["east"], "east": box["west"]}).json()
    assert 0 < turned["parcels"] < COUNT - found["parcels"] + 1
    assert client.get(path, params=box | {"west": "nan"}).status_code == 422
    assert client.get(path, params={"west": 1}).status_code == 422


def test_a_place_is_a_parcel(client: TestClient, season: Season) -> None:
    path = "/api/v1/seasons/map-2018/map/places"
    found = client.get(f"{path}/{(LAST_BLOCK - 1) * 992 + 1}").json()
    assert (found["pid"], found["crop"], found["area_ha"]) == ("p993", CROPS[993 % 3], 1.8)
    assert client.get(f"{path}/993").status_code == 404
    assert client.get(f"{path}/{2**31}").status_code == 422
    assert client.get(f"{path}/-1").status_code == 422


def test_the_map_names_its_backgrounds_and_its_holdings(
    client: TestClient, season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    about = client.get("/api/v1/seasons/map-2018/map").json()
    assert (about["backgrounds"], about["holding_attribute"]) == ([], None)
    url = "https://tiles.example/{z}/{x}/{y}.png"
    monkeypatch.setenv("CBM_WINDOW_BACKGROUNDS", f"Roads={url}")
    monkeypatch.setenv("CBM_OUTLIERS_HOLDING_ATTRIBUTE", "farm")
    about = client.get("/api/v1/seasons/map-2018/map").json()
    assert about["backgrounds"] == [{"name": "Roads", "url": url}]
    assert about["holding_attribute"] == "farm"
    legend = client.get("/api/v1/seasons/map-2018/map/legend", params={"holding": "7"}).json()
    assert sum(row["parcels"] for row in legend["rows"]) == 10
    monkeypatch.setenv("CBM_WINDOW_BACKGROUNDS", "nonsense")
    assert client.get("/api/v1/seasons/map-2018/map").status_code == 503


def test_the_class_of_all_other_crops_can_be_asked_for(
    connection: Connection, season: Season
) -> None:
    connection.execute(
        "update parcel set crop = null where season = %s and pid = 'p1'", [season.id]
    )
    only = coloured(connection, season, "crop", only=frozenset(("",)))
    assert [(row["name"], row["parcels"]) for row in only.legend()] == [("", 1)]


def test_a_marker_counts_the_same_on_map_season_page_and_in_features(
    client: TestClient, connection: Connection, season: Season
) -> None:
    # A condition that holds, such as "one kind of cover", has no event.
    status = [1] * 200 + [2] * 100 + [3] * 50
    answer: Any = connection.execute(
        "with input as (insert into marker_input (season, blk, hash, days, looks, missing)"
        " values (%(season)s, 1, 'h', '{}', '', '[]') returning id),"
        " run as (insert into marker_run (season, marker, version, parameters, inputs_hash, code,"
        " until, window_start, window_end) values (%(season)s, 'homogeneity', '1', '{}', 'h', 'c',"
        " '2018-12-31', '2018-01-01', '2018-12-31') returning id)"
        " insert into marker_state_block select run.id, %(season)s, 1, input.id, %(status)s,"
        " %(none)s, %(none)s, %(none)s, %(none)s, %(none)s from run, input",
        {"season": season.id, "status": status, "none": [0] * len(status)},
    )
    assert answer.rowcount == 1
    connection.commit()
    there = f"/api/v1/seasons/{season.name}"
    page = {row["status"]: row["parcels"] for row in client.get(there).json()["markers"]}
    assert page == {"OK": 200, "NOT_VALID": 100, "NOT_EXECUTED": 50}
    colour = {"colour": "marker:homogeneity"}
    legend = client.get(f"{there}/map/legend", params=colour).json()["rows"]
    assert {row["name"]: row["parcels"] for row in legend} == {
        "seen": 200, "not_seen": 100, "not_executed": 50, "none": COUNT - 350,
    }  # fmt: skip
    asked = {"marker_homogeneity": "seen", "limit": 1000}
    items = client.get(f"/ogc/collections/{season.name}.parcels/items", params=asked)
    assert items.json()["numberReturned"] == 200


def test_a_scheme_counts_the_same_on_map_season_page_and_by_command(
    client: TestClient, connection: Connection, season: Season
) -> None:
    colours = [2] * 200 + [3] * 100 + [0] * 50 + [4] * 10 + [1] * 5
    run: Any = connection.execute(
        "with run as (insert into scheme_run (season, file_name, file_hash, file, inputs_hash,"
        " code) values (%(season)s, 'f', 'h', '', 'i', 'c') returning id)"
        " insert into verdict_block select run.id, %(season)s, 1, 'meadow', %(colours)s, %(none)s,"
        " '', '{}' from run returning run",
        {"season": season.id, "colours": colours, "none": [0] * len(colours)},
    ).fetchone()
    connection.commit()
    expected = {"none": 5, "green": 200, "yellow": 100, "red": 10}
    by_command = connection.execute(query("rules/summary"), {"run": run.run}).fetchall()
    assert {row.colour: row.parcels for row in by_command} == expected
    there = f"/api/v1/seasons/{season.name}"
    page = client.get(there).json()["schemes"]
    assert {row["colour"]: row["parcels"] for row in page} == expected
    assert {(row["scheme"], row["run"]) for row in page} == {("meadow", run.run)}
    legend = client.get(f"{there}/map/legend", params={"colour": "scheme:meadow"}).json()["rows"]
    shown = {row["name"]: row["parcels"] for row in legend}
    assert {name: shown[name] for name in ("green", "yellow", "red")} == {
        "green": 200, "yellow": 100, "red": 10,
    }  # fmt: skip
