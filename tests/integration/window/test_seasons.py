"""The seasons, a season's state, its calendar and its gaps, as a client of the API gets them."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from observed_season import NOW, World
from window_host import READER, StandIn

from dias_cbm.completeness import gaps
from dias_cbm.window import listing
from dias_cbm.window.data import gaps as pages_of_gaps
from dias_cbm.window.data.season import sentence

pytestmark = pytest.mark.integration
LOST = (14, 26)


@pytest.fixture
def season(radar: Callable[..., World]) -> World:
    filled = radar(lost=LOST)
    gaps.refresh(filled.connection, filled.season, NOW)
    return filled


def get(client: TestClient, path: str, **parameters: Any) -> Any:
    reply = client.get(path, params=parameters)
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_the_list_has_a_line_of_stored_counts(client: TestClient, season: World) -> None:
    (row,) = get(client, "/api/v1/seasons")["rows"]
    assert (row["name"], row["parcels"], row["gaps_open"]) == ("dk-2018", 1010, len(LOST))
    assert row["line"].startswith("dk-2018: 2 gaps open, 2 of them late")


def test_a_season_limited_to_others_is_not_listed_and_not_opened(
    client: TestClient, season: World, host: StandIn
) -> None:
    host.logged_in = type(READER)("9", "eve", READER.rights, frozenset({"es-2019"}))
    assert get(client, "/api/v1/seasons")["rows"] == []
    for address in ("", "/calendar", "/gaps"):
        assert client.get(f"/api/v1/seasons/dk-2018{address}").status_code == 403
    assert client.get("/seasons/dk-2018/gaps.json").status_code == 403


def test_the_state_counts_what_is_expected_in_and_missing(
    client: TestClient, season: World
) -> None:
    found = get(client, "/api/v1/seasons/dk-2018")
    (card,) = found["cards"]
    assert (card["card"], card["expected"], card["found"], card["open"]) == ("bs", 6, 4, 2)
    assert sum(month["expected"] for month in found["months"]) == 6
    assert sum(row["gaps"] for row in found["gaps"]) == 2
    assert found["sentence"] == "Not finished: 2 passes over tiles have no end state."
    assert (found["work"], found["markers"], found["schemes"]) == (None, [], [])
    assert found["parcels"] == 1010


def test_what_runs_now_is_counted(client: TestClient, season: World) -> None:
    season.connection.execute("update extraction set status = 'inprogress', claimed_at = now()")
    season.connection.commit()
    (row,) = get(client, "/api/v1/seasons/dk-2018")["running"]
    assert (row["card"], row["status"], row["units"], row["scenes"]) == ("bs", "inprogress", 4, 4)
    assert (row["done"], row["total"]) == (0, 4)
    assert row["begun"] == row["since"] is not None


def test_how_far_what_runs_is_comes_from_the_ledger(client: TestClient, season: World) -> None:
    run = season.connection.execute
    scene = run("select min(obsid) as id from extraction").fetchone().id
    run("update extraction set claimed_at = '2018-05-04 06:00+00', finished_at = claimed_at")
    # One scene over three tiles: two are done, one waits; no other scene is in hand.
    run(
        "insert into extraction (season, obsid, tile, status, claimed_at)"
        " values (%s, %s, 'A', 'ready', null), (%s, %s, 'B', 'no_parcels', null)",
        (season.season.id, scene, season.season.id, scene),
    )
    season.connection.commit()
    (row,) = get(client, "/api/v1/seasons/dk-2018")["running"]
    assert (row["status"], row["units"], row["done"], row["total"]) == ("ready", 1, 2, 3)
    assert row["begun"] == "2018-05-04T06:00:00Z"
    assert row["since"] is not None


def test_the_calendar_names_the_pass_behind_each_square(client: TestClient, season: World) -> None:
    found = get(client, "/api/v1/seasons/dk-2018/calendar")
    rows = {row["date"]: row for row in found["rows"]}
    assert len(rows) == 6
    lost = rows["2018-05-15"]
    assert (lost["state"], lost["acquisition"]) == ("missing", None)
    assert lost["tiles"][0]["gap"] is not None
    there = rows["2018-05-03"]
    assert (there["state"], there["counts"]) == ("processed", {"processed": 1})
    known = season.connection.execute(
        "select card from dias_catalogue where id = %s", (there["acquisition"],)
    ).fetchone()
    assert known.card == "bs"
    assert get(client, "/api/v1/seasons/dk-2018/calendar", card="s2")["rows"] == []
    assert {one["state"] for one in found["legend"]} > {row["state"] for row in found["rows"]}


def test_gaps_page_by_key_and_lose_none(client: TestClient, season: World) -> None:
    first = get(client, "/api/v1/seasons/dk-2018/gaps", limit=1)
    second = get(client, "/api/v1/seasons/dk-2018/gaps", limit=1, after=first["next"])
    last = get(client, "/api/v1/seasons/dk-2018/gaps", limit=1, after=second["next"])
    ids = [row["id"] for row in first["rows"] + second["rows"]]
    assert ids == sorted(set(ids)) and len(ids) == 2
    assert last == {"rows": [], "next": None}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_has_all_gaps_and_a_page_some(
    client: TestClient, season: World, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_ROWS", 1)
    path = "/api/v1/seasons/dk-2018/gaps"

    def ids(**asked: Any) -> list[int]:
        reply = client.get(path, params={"format": kind, **asked})
        assert reply.status_code == 200, reply.text
        if kind == "parquet":
            return pq.read_table(io.BytesIO(reply.content))["id"].to_pylist()
        return [int(row["id"]) for row in csv.DictReader(io.StringIO(reply.text))]

    season.connection.execute(
        "update gap set state = 'confirmed', next_check = null, closed_at = now(), obsid = 7"
        " where id = (select max(id) from gap)"
    )
    season.connection.commit()
    known = [row["id"] for row in get(client, path, everything=True)["rows"]]
    assert ids(everything=True) == known
    assert len(known) == 2
    assert ids(limit=1, everything=True) == known[:1]
    head = client.head(path, params={"format": kind})
    assert (head.status_code, head.content) == (200, b"")
    season.connection.execute("delete from gap")
    season.connection.commit()
    assert ids() == []


def test_a_file_whose_next_page_fails_has_no_end(
    client: TestClient, season: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_ROWS", 1)
    real, asked = pages_of_gaps.page, []

    def once(*given: Any, **named: Any) -> Any:
        if asked:
            raise RuntimeError("the database went away")
        asked.append(1)
        return real(*given, **named)

    monkeypatch.setattr(pages_of_gaps, "page", once)
    with (
        TestClient(client.app) as loud,
        pytest.raises(RuntimeError, match="went away"),
    ):
        loud.get("/api/v1/seasons/dk-2018/gaps", params={"format": "csv"})


def test_gaps_as_csv_and_parquet(client: TestClient, season: World) -> None:
    season.connection.execute(
        "update gap set evidence = '=cmd()' where id = (select min(id) from gap)"
    )
    season.connection.commit()
    reply = client.get("/api/v1/seasons/dk-2018/gaps", params={"format": "csv", "limit": 1})
    (row,) = csv.DictReader(io.StringIO(reply.text))
    assert (row["evidence"], row["closed_at"]) == ("'=cmd()", "")
    assert 'rel="next"' in reply.headers["Link"]
    reply = client.get(
        "/api/v1/seasons/dk-2018/gaps", headers={"Accept": "application/vnd.apache.parquet"}
    )
    assert pq.read_table(io.BytesIO(reply.content)).num_rows == 2


def test_the_old_address_of_gaps_still_answers(client: TestClient, season: World) -> None:
    rows = get(client, "/seasons/dk-2018/gaps.json")
    assert [row["card"] for row in rows] == ["bs", "bs"]
    assert rows[0]["blocks"] == [1, 2]


def test_odd_parameters_are_refused_with_a_sentence(client: TestClient, world: World) -> None:
    odd = (
        {"after": "x"},
        {"after": "W10"},
        {"after": "WyIyMDE4LTA1LTExIiwxXQ"},
        {"after": "WyIyMDE4LTA1LTExVDE2OjU4OjAwWiIsMWU5OTldCg"},
        {"limit": "0"},
        {"limit": "1001"},
        {"card": "'; drop table season; --"},
        {"cause": "\x00"},
        {"format": "xlsx"},
    )
    for parameters in odd:
        reply = client.get("/api/v1/seasons/dk-2018/gaps", params=parameters)
        assert reply.status_code == 422, parameters
        assert isinstance(reply.json()["detail"], str)


def test_a_season_that_is_not_there(client: TestClient, world: World) -> None:
    names = ("nowhere", "<script>alert(1)</script>", "x" * 5000, "%00", "dk-2018'; --", "ÆØ")
    for name, address in itertools.product(names, ("", "/calendar", "/gaps")):
        reply = client.get(f"/api/v1/seasons/{name}{address}")
        assert reply.status_code in (404, 422), (name, reply.text)
        assert reply.headers["content-type"].startswith("application/json")


def test_a_season_dropped_while_looked_at(client: TestClient, season: World) -> None:
    get(client, "/api/v1/seasons/dk-2018/calendar")
    season.connection.execute("update season set name = 'gone'")
    season.connection.commit()
    reply = client.get("/api/v1/seasons/dk-2018/calendar")
    assert reply.status_code == 404
    # Other seasons are not named: the reader may not be allowed to see them.
    assert reply.json()["detail"] == "dk-2018: no such season"


def test_hostile_names_come_as_they_are_but_never_as_html(
    client: TestClient, season: World
) -> None:
    season.connection.execute("update season set name = 'dk & <2018>'")
    season.connection.commit()
    reply = client.get("/api/v1/seasons")
    assert reply.headers["content-type"] == "application/json"
    assert reply.json()["rows"][0]["name"] == "dk & <2018>"
    page = client.get("/seasons/dk & <2018>", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "<2018>" not in page.text


def test_an_empty_season_says_so(client: TestClient, world: World) -> None:
    assert get(client, "/api/v1/seasons/dk-2018")["sentence"] == "No pass has been seen yet."
    assert get(client, "/api/v1/seasons/dk-2018/calendar")["rows"] == []


def test_what_has_not_changed_is_not_sent_again(client: TestClient, season: World) -> None:
    reply = client.get("/api/v1/seasons/dk-2018/gaps")
    assert reply.headers["cache-control"] == "private, no-cache"
    again = client.get(
        "/api/v1/seasons/dk-2018/gaps", headers={"If-None-Match": reply.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")
    assert "Authorization" in again.headers["vary"]


def test_the_description_has_every_address_of_the_api(client: TestClient) -> None:
    described = get(client, "/api/v1/openapi.json")
    assert set(described["paths"]) >= {
        "/api/v1/seasons",
        "/api/v1/seasons/{season}",
        "/api/v1/seasons/{season}/calendar",
        "/api/v1/seasons/{season}/gaps",
        "/api/v1/keys",
    }
    assert described["servers"] == [{"url": "http://testserver"}]


def test_a_proof_that_holds_is_said_with_its_limit() -> None:
    from datetime import date

    from dias_cbm.completeness.proof import Month, Proof
    from dias_cbm.scenes import Card

    found = Proof("dk-2018", months=[Month(Card.BS, date(2018, 5, 1), expected=1, found=1)])
    assert sentence(found).startswith("Every expected pass and every scene has an end state;")
