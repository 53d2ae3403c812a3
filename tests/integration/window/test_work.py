"""The work list by the API: every filter and order against a list worked out in the test."""

from __future__ import annotations

import csv
import gc
import io
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import geopandas
import pyarrow.parquet as pq
import pytest
from blocks import add_block, add_season
from fastapi.testclient import TestClient
from psycopg.types.json import Jsonb
from window_host import INSPECTOR, OPERATOR, READER, StandIn

from dias_cbm import seasons
from dias_cbm.db.connection import Connection
from dias_cbm.quality import drawn, ranked_list, store
from dias_cbm.quality.draw import Covered, Options
from dias_cbm.window import listing
from dias_cbm.window.data.work import WorkLists
from dias_cbm.window.data.work_items import Items

pytestmark = pytest.mark.integration
SEASON = "/api/v1/seasons/dk-2018"
WORK = f"{SEASON}/work"
PIDS = [f"p{number:02}" for number in range(30)]
CROPS = ("barley", "wheat", "=2+3")


@pytest.fixture
def season(connection: Connection, host: StandIn, monkeypatch: pytest.MonkeyPatch) -> int:
    """Thirty parcels in two tiles: the first twenty are outliers, p25 is red and p26 yellow."""
    monkeypatch.setenv("CBM_OUTLIERS_HOLDING_ATTRIBUTE", "farm")
    host.logged_in = INSPECTOR
    number = add_season(connection, "dk-2018", date(2018, 5, 1), date(2018, 9, 30))
    add_block(connection, number, 1, PIDS[:15])
    add_block(connection, number, 2, PIDS[15:], "32VPH")
    for n, pid in enumerate(PIDS):
        connection.execute(
            "update parcel set crop = %s, area_m2 = %s, attributes = %s where pid = %s",
            (CROPS[n % 3], 10_000 * (1 + n % 4), Jsonb({"farm": f"h{n % 5}"}), pid),
        )
    run = connection.execute(
        "insert into outlier_run (season, model, features, labels, report)"
        " values (%s, 'm', '[]', 'l', '{}') returning id",
        (number,),
    ).fetchone()
    assert run is not None
    for n, pid in enumerate(PIDS):
        connection.execute(
            "insert into outlier (run, season, pid, declared, predicted, rank, status,"
            " wrong_at_least, observations) values (%s, %s, %s, %s, 'maize', %s, %s, %s, 9)",
            (run.id, number, pid, CROPS[n % 3], n + 1, "outlier" if n < 20 else "confirmed",
             (20 - n) / 20 if n < 20 else 0.0),
        )  # fmt: skip
    connection.execute(
        "insert into outlier_explanation values (%s, %s, 'p00', 'maize', 'Too bright.', null, null,"
        " 'distance', '[]')",
        (run.id, number),
    )
    rules = connection.execute(
        "insert into scheme_run (season, file_name, file_hash, file, inputs_hash, code)"
        " values (%s, 'f', 'h', '', 'i', 'c') returning id",
        (number,),
    ).fetchone()
    assert rules is not None
    # Position 11 of block 2 is p25.
    colours = [2] * 10 + [4, 3] + [1] * 3
    sentences = "\n".join(["ok"] * 10 + ["Red: mown.", "Yellow: a gap."] + [""] * 3)
    connection.execute(
        "insert into verdict_block values (%s, %s, 2, 'meadow', %s, %s, %s, '{}')",
        (rules.id, number, colours, [0] * 15, sentences),
    )
    connection.commit()
    return number


def get(client: TestClient, part: str = "", **parameters: Any) -> Any:
    reply = client.get(WORK + part, params=parameters)
    assert reply.status_code == 200, reply.text
    return reply.json()


def pids(client: TestClient, **parameters: Any) -> list[str]:
    return [row["pid"] for row in get(client, **parameters)["rows"]]


def decide(client: TestClient, pid: str, **body: Any) -> None:
    reply = client.post(f"{SEASON}/decisions", json={"pid": pid, "finding": "right", **body})
    assert reply.status_code == 201, reply.text


def test_the_list_has_outliers_by_rank_then_red_then_yellow(
    client: TestClient, season: int
) -> None:
    found = get(client)
    rows = found["rows"]
    assert [row["pid"] for row in rows] == [*PIDS[:20], "p25", "p26"]
    assert Counter(row["kind"] for row in rows) == {"outlier": 20, "red": 1, "yellow": 1}
    first, red, yellow = rows[0], rows[20], rows[21]
    assert (first["sentence"], first["wrong"], first["holding"]) == ("Too bright.", 1, "h0")
    assert (first["tile"], first["area_ha"], first["calibrated"]) == ("32VNH", 1, False)
    assert (red["sentence"], red["scheme"]) == ("Red: mown.", "meadow")
    assert (yellow["sentence"], yellow["wrong"]) == ("Yellow: a gap.", None)
    # 20/20 + 19/20 + ... + 1/20 = 10.5 declarations are expected to be wrong.
    summary = found["summary"]
    assert (summary["items"], summary["left"], summary["expected_wrong_left"]) == (22, 22, 10.5)
    assert summary["sentence"].startswith("22 of 22 are left; at least 1")


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"kind": "red"}, {"p25"}),
        ({"kind": ["red", "yellow"]}, {"p25", "p26"}),
        ({"scheme": "meadow"}, {"p25", "p26"}),
        ({"crop": "wheat"}, {pid for n, pid in enumerate(PIDS[:20]) if n % 3 == 1} | {"p25"}),
        ({"holding": "h3"}, {"p03", "p08", "p13", "p18"}),
        ({"tile": "32VPH"}, {*PIDS[15:20], "p25", "p26"}),
        ({"crop": "wheat", "holding": "h1"}, {"p01", "p16"}),
        ({"crop": "no such"}, set()),
        ({"crop": ""}, set()),
        ({"decided": True}, set()),
        ({"assigned": "bo"}, set()),
    ],
)
def test_filters(
    client: TestClient, season: int, chosen: dict[str, Any], expected: set[str]
) -> None:
    found = get(client, **chosen)
    assert {row["pid"] for row in found["rows"]} == expected
    assert found["summary"]["items"] == len(expected)


SORTED = {
    "wrong": lambda row: (row["wrong"] is None, -(row["wrong"] or 0)),
    "area": lambda row: -row["area_ha"],
    "pid": lambda row: row["pid"],
    "crop": lambda row: row["crop"],
    "holding": lambda row: row["holding"],
    "tile": lambda row: row["tile"],
}


@pytest.mark.parametrize("sort", SORTED)
@pytest.mark.parametrize("limit", [1, 5, 22])
def test_pages_lose_none_and_repeat_none(
    client: TestClient, season: int, sort: str, limit: int
) -> None:
    whole = get(client)["rows"]
    expected = [row["pid"] for row in sorted(whole, key=SORTED[sort])]
    for backwards in (False, True):
        rows: list[str] = []
        parameters: dict[str, Any] = {"sort": sort, "limit": limit, "backwards": backwards}
        while True:
            page = get(client, **parameters)
            rows += [row["pid"] for row in page["rows"]]
            if page["next"] is None:
                break
            parameters["after"] = page["next"]
        assert rows == (expected[::-1] if backwards else expected)


def test_a_decision_leaves_the_list_and_its_expected_error(client: TestClient, season: int) -> None:
    get(client)
    decide(client, "p00")
    decide(client, "p01", finding="unclear")
    found = get(client, decided=False)
    assert "p00" not in {row["pid"] for row in found["rows"]}
    assert (found["summary"]["left"], found["summary"]["expected_wrong_left"]) == (21, 9.5)
    (row,) = get(client, decided=True)["rows"]
    assert (row["pid"], row["finding"], row["decided_by"]) == ("p00", "right", "ida")
    undo = {"pid": "p00", "withdraws": row["decision"]}
    assert client.post(f"{SEASON}/decisions", json=undo).status_code == 201
    assert get(client, decided=True)["rows"] == []


def test_a_decision_on_another_declaration_does_not_count(
    client: TestClient, connection: Connection, season: int
) -> None:
    decide(client, "p00")
    connection.execute("update outlier set declared = 'rye' where pid = 'p00'")
    connection.commit()
    connection.execute("insert into parcel_load (season, file, report) values (%s, 'f', '{}')",
                       (season,))  # fmt: skip
    connection.commit()
    assert pids(client, decided=True) == []
    assert pids(client, crop="rye") == ["p00"]


def test_groups_count_what_is_left(client: TestClient, season: int) -> None:
    for pid in ("p00", "p05", "p10"):
        decide(client, pid)
    rows = get(client, "/groups", by="holding")["rows"]
    assert {row["name"]: (row["items"], row["left"]) for row in rows} == {
        "h0": (5, 2), "h1": (5, 5), "h2": (4, 4), "h3": (4, 4), "h4": (4, 4),
    }  # fmt: skip
    assert [row["name"] for row in rows] == ["h1", "h2", "h3", "h4", "h0"]
    paged, parameters = [], {"by": "holding", "limit": 2}
    for _ in range(3):
        page = get(client, "/groups", **parameters)
        paged += page["rows"]
        parameters["after"] = page["next"]
    assert paged == rows
    crops = get(client, "/groups", by="crop", kind="outlier")["rows"]
    assert sum(row["expected_wrong_left"] for row in crops) == pytest.approx(10.5 - 1 - 0.75 - 0.5)
    assert client.get(f"{WORK}/groups", params={"by": "colour"}).status_code == 422


def test_next_and_previous_under_a_filter(client: TestClient, season: int) -> None:
    item = {"kind_of_item": "outlier", "pid": "p03"}
    found = get(client, "/around", **item)
    assert (found["previous"]["pid"], found["next"]["pid"]) == ("p02", "p04")
    assert (found["position"], found["of"], found["item"]["pid"]) == (4, 22, "p03")
    found = get(client, "/around", **item, holding="h3")
    assert (found["previous"], found["next"]["pid"], found["of"]) == (None, "p08", 4)
    # The item itself was decided meanwhile: it has no position, but neighbours.
    decide(client, "p03")
    found = get(client, "/around", **item, decided=False)
    assert (found["previous"]["pid"], found["next"]["pid"]) == ("p02", "p04")
    assert found["position"] is None
    last = {"kind_of_item": "yellow", "scheme_of_item": "meadow", "pid": "p26"}
    assert get(client, "/around", **last)["next"] is None
    # The page of three that it is on, also where the filter does not show it.
    pages = [get(client, "/around", **item, limit=3, **shown) for shown in ({}, {"decided": False})]
    for page, first in zip(pages, ("p03", "p04"), strict=True):
        shown = {} if first == "p03" else {"decided": False}
        rows = get(client, "", after=page["page_after"], limit=3, **shown)["rows"]
        assert rows[0]["pid"] == first
    assert get(client, "/around", **item)["page_after"] is None
    gone = client.get(f"{WORK}/around", params={"kind_of_item": "red", "pid": "p00"})
    assert gone.status_code == 409


def test_assignment_says_who_had_it_before(
    client: TestClient, connection: Connection, season: int, host: StandIn
) -> None:
    def assign(code: int = 201, **body: Any) -> Any:
        reply = client.post(f"{WORK}/assignments", json=body)
        assert reply.status_code == code, reply.text
        return reply.json()

    assert assign(pids=["p00", "p01"], assignee="ida") == {"changed": 2, "taken": []}
    assert assign(pids=["p00"], assignee="ida") == {"changed": 0, "taken": []}
    host.logged_in = OPERATOR
    taken = [{"pid": "p01", "before": "ida"}]
    assert assign(pids=["p01", "p02"], assignee="bo") == {"changed": 2, "taken": taken}
    assert pids(client, assigned="ida") == ["p00"]
    assert pids(client, assigned="bo") == ["p01", "p02"]
    assert len(pids(client, assigned="")) == 19
    assign(pids=["p02"], assignee=None)
    assert pids(client, assigned="bo") == ["p01"]
    by = {row["name"]: row["items"] for row in get(client, "/groups", by="assignee")["rows"]}
    assert by == {None: 20, "ida": 1, "bo": 1}
    assign(404, pids=["p03", "nobody"], assignee="bo")
    assert pids(client, assigned="bo") == ["p01"]
    for body in ({"pids": []}, {"pids": ["p00"], "assignee": ""}, {"pids": ["p00"]}):
        assign(422, **body)
    host.logged_in = READER
    assign(403, pids=["p00"], assignee="bo")
    kept = connection.execute("select count(*) as n from work_assignment").fetchone()
    assert kept is not None
    assert kept.n == 5


@pytest.mark.parametrize("rows_of_a_page", [listing.MOST_ROWS, 3])
def test_exports_hold_every_item(
    client: TestClient,
    season: int,
    tmp_path: Path,
    rows_of_a_page: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listing, "MOST_ROWS", rows_of_a_page)
    whole = client.get(WORK, params={"format": "csv"}).text
    assert len(list(csv.DictReader(io.StringIO(whole)))) == len(pids(client))
    table = pq.read_table(
        io.BytesIO(client.get(f"{WORK}/export", params={"format": "parquet"}).content)
    )
    assert table["pid"].to_pylist() == pids(client)
    every = client.get(f"{WORK}/export", params={"format": "geojson"}).json()["features"]
    assert [one["properties"]["pid"] for one in every] == pids(client)
    head = client.head(f"{WORK}/export", params={"format": "gpkg"})
    assert (head.status_code, head.content) == (200, b"")
    text = client.get(f"{WORK}/export", params={"format": "csv"}).text
    told = list(csv.DictReader(io.StringIO(text)))
    assert [row["pid"] for row in told] == pids(client)
    assert told[2]["crop"] == "'=2+3"
    assert told[20]["wrong"] == ""
    shapes = client.get(f"{WORK}/export", params={"format": "geojson", "kind": "red"}).json()
    (feature,) = shapes["features"]
    assert feature["geometry"]["type"] == "MultiPolygon"
    assert feature["properties"]["pid"] == "p25"
    reply = client.get(f"{WORK}/export", params={"format": "gpkg"})
    path = tmp_path / "work.gpkg"
    path.write_bytes(reply.content)
    frame = geopandas.read_file(path)
    assert frame["pid"].tolist() == pids(client)
    assert frame.crs.to_epsg() == 4326
    empty = client.get(f"{WORK}/export", params={"format": "gpkg", "crop": "no such"})
    assert empty.status_code == 200
    assert client.get(f"{WORK}/export", params={"format": "shp"}).status_code == 422


def test_a_quality_sample_is_on_the_list_with_its_replacement(
    client: TestClient, connection: Connection, season: int
) -> None:
    claims = ("p27", "p28", "gone")
    listed = "gsa_par_id,gsa_hol_id,ua_grp_id,covered,ranking\n" + "".join(
        f"{pid},h{number},ECO,1,{number}\n" for number, pid in enumerate(claims, 1)
    )
    made = drawn.make(
        ranked_list.parse(listed, "list"),
        {"ECO": 2},
        Options(False, Covered.ONLY, False),
        datetime(2018, 6, 1, tzinfo=UTC),
    )
    sample = store.save(connection, season, made)
    connection.commit()
    assert pids(client, kind="quality") == ["p27", "p28"]
    body = {"sample": sample, "group": "ECO", "pid": "p28"}
    lost = {**body, "finding": "cannot_tell", "reason": "flooded"}
    assert client.post(f"{SEASON}/quality/findings", json=lost).status_code == 201
    rows = get(client, kind="quality")["rows"]
    assert [(row["pid"], row["decided"], row["area_ha"] is None) for row in rows] == [
        ("p27", False, False), ("gone", False, True),
    ]  # fmt: skip
    done = {**body, "pid": "p27", "finding": "compliant"}
    assert client.post(f"{SEASON}/quality/findings", json=done).status_code == 201
    (row,) = get(client, kind="quality", decided=True)["rows"]
    assert (row["pid"], row["finding"]) == ("p27", "compliant")


def test_lists_of_many_seasons_are_not_all_kept(connection: Connection, season: int) -> None:
    def in_memory() -> int:
        gc.collect()
        return sum(isinstance(one, Items) for one in gc.get_objects())

    known, before = WorkLists(), in_memory()
    for year in range(2010, 2018):
        add_season(connection, f"dk-{year}", date(year, 1, 1), date(year, 12, 31))
        known.get(connection, seasons.get(connection, f"dk-{year}"))
    assert in_memory() - before <= 4


def test_a_season_without_runs_has_an_empty_list(
    client: TestClient, connection: Connection, host: StandIn
) -> None:
    number = add_season(connection, "dk-2018")
    add_block(connection, number, 1, ["a"])
    found = get(client)
    assert (found["rows"], found["next"]) == ([], None)
    assert found["summary"]["sentence"] == "There is nothing on the list."
    assert get(client, "/groups", by="crop")["rows"] == []
    assert client.get("/api/v1/seasons/none/work").status_code == 404


@pytest.mark.parametrize("after", ["x", "W10", "WyJhIl0", "WzEsMiwzXQ"])
def test_a_key_of_another_list_is_refused(client: TestClient, season: int, after: str) -> None:
    assert client.get(WORK, params={"after": after}).status_code == 422
