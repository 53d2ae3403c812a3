"""Decisions by the API: kept, told, taken back, and never doubled."""

from __future__ import annotations

import csv
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from blocks import add_block, add_season
from fastapi.testclient import TestClient
from window_host import INSPECTOR, OPERATOR, READER, StandIn

from dias_cbm.db.connection import Connection
from dias_cbm.quality import drawn, ranked_list, store
from dias_cbm.quality.draw import Covered, Options

pytestmark = pytest.mark.integration
SEASON = "/api/v1/seasons/dk-2018"


@pytest.fixture
def season(connection: Connection, host: StandIn) -> int:
    """Parcel a is listed: barley declared. Parcel b is in no list."""
    host.logged_in = INSPECTOR
    number = add_season(connection, "dk-2018", date(2018, 5, 1), date(2018, 9, 30))
    add_block(connection, number, 1, ["a", "b"])
    run = connection.execute(
        "insert into outlier_run (season, model, features, labels, report)"
        " values (%s, 'm', '[]', 'l', '{}') returning id",
        (number,),
    ).fetchone()
    assert run is not None
    connection.execute(
        "insert into outlier (run, season, pid, declared, predicted, rank, status, observations)"
        " values (%s, %s, 'a', 'barley', 'maize', 1, 'outlier', 9)",
        (run.id, number),
    )
    connection.commit()
    return number


def post(client: TestClient, body: dict[str, Any], code: int = 201, key: str | None = None) -> Any:
    headers = {} if key is None else {"Idempotency-Key": key}
    reply = client.post(f"{SEASON}/decisions", json=body, headers=headers)
    assert reply.status_code == code, reply.text
    return reply.json()


def history(client: TestClient, pid: str = "a") -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get(f"{SEASON}/parcels/{pid}/decisions").json()["rows"]
    return rows


def test_a_decision_says_who_when_and_what(client: TestClient, season: int) -> None:
    given = {"finding": "wrong", "true_crop": "maize", "note": "<b>=1+1</b>", "photo": "p.jpg"}
    made = post(client, {"pid": "a", **given})
    row = made["decision"]
    assert {name: row[name] for name in given} == given
    assert (row["decided_by"], row["user_id"], row["source"]) == ("ida", "2", "window")
    assert (row["declared"], row["rank"], row["in_force"]) == ("barley", 1, True)
    assert (made["newer"], made["told"], made["repeated"]) == ([], None, False)
    assert history(client) == [row]
    assert history(client, "b") == []


def test_of_two_inspectors_both_are_kept_and_the_later_is_told(
    client: TestClient, season: int, host: StandIn
) -> None:
    first = post(client, {"pid": "a", "finding": "right", "seen": None})
    host.logged_in = OPERATOR
    second = post(client, {"pid": "a", "finding": "unclear", "seen": None})
    assert [row["id"] for row in second["newer"]] == [first["decision"]["id"]]
    assert second["told"].startswith("Since you looked, ida found right on ")
    assert [row["in_force"] for row in history(client)] == [True, False]
    # Whoever has seen it is not told again.
    third = post(client, {"pid": "a", "finding": "right", "seen": second["decision"]["id"]})
    assert third["newer"] == []


def test_two_at_the_same_moment_are_told_once(client: TestClient, season: int) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: post(client, {"pid": "a", "finding": "right"}), range(4)))
    assert sorted(len(one["newer"]) for one in made) == [0, 1, 2, 3]
    assert len(history(client)) == 4


def test_a_request_that_is_sent_again_adds_nothing(
    client: TestClient, season: int, host: StandIn
) -> None:
    body = {"pid": "a", "finding": "right", "note": "dry"}
    first = post(client, body, key="k1")
    again = post(client, body, key="k1")
    assert again == {**first, "repeated": True}
    assert len(history(client)) == 1
    assert post(client, {**body, "finding": "unclear"}, 409, "k1")
    assert post(client, {**body, "pid": "b"}, 409, "k1")
    assert post(client, {**body, "made_at": "2018-08-15T09:30:00Z"}, 409, "k1")
    assert post(client, {**body, "run": first["decision"]["run"] + 1}, 409, "k1")
    assert post(client, {**body, "run": first["decision"]["run"]}, key="k1")["repeated"]
    # What takes a decision back is about that one's list, whichever it names.
    undo = {"pid": "a", "withdraws": first["decision"]["id"], "run": 99}
    assert [post(client, undo, key="k3")["repeated"] for _ in range(2)] == [False, True]
    # Another user's key is another key.
    host.logged_in = OPERATOR
    assert post(client, body, key="k1")["repeated"] is False
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda _: post(client, {**body, "pid": "b"}, key="k2"), range(3)))
    assert sorted(one["repeated"] for one in made) == [False, True, True]
    assert len(history(client, "b")) == 1


def test_to_take_back_is_a_new_row_and_the_one_before_is_in_force(
    client: TestClient, connection: Connection, season: int
) -> None:
    first = post(client, {"pid": "a", "finding": "right"})["decision"]["id"]
    second = post(client, {"pid": "a", "finding": "wrong", "true_crop": "maize"})["decision"]["id"]
    undone = post(client, {"pid": "a", "withdraws": second, "seen": second}, key="undo")
    assert undone["decision"]["withdraws"] == second
    assert {row["id"]: row["in_force"] for row in history(client)} == {
        undone["decision"]["id"]: False, second: False, first: True,
    }  # fmt: skip
    assert post(client, {"pid": "a", "withdraws": second}, key="undo")["repeated"] is True
    assert post(client, {"pid": "a", "withdraws": second}, 409)
    assert post(client, {"pid": "a", "withdraws": undone["decision"]["id"]}, 409)
    assert post(client, {"pid": "b", "withdraws": first}, 409)
    post(client, {"pid": "a", "withdraws": first})
    left = connection.execute("select * from decision_in_force").fetchall()
    assert left == []
    assert len(history(client)) == 4


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"pid": "nobody", "finding": "right"}, 422),
        ({"pid": "a"}, 422),
        ({"pid": "a", "finding": "perhaps"}, 422),
        ({"pid": "a", "finding": "wrong", "true_crop": "barley"}, 422),
        ({"pid": "a", "finding": "right", "true_crop": "maize"}, 422),
        ({"pid": "a", "finding": "right", "run": 99}, 422),
        ({"pid": "a", "finding": "right", "made_at": "2999-01-01T00:00:00Z"}, 422),
        ({"pid": "a", "finding": "right", "made_at": "2018-06-01T00:00:00"}, 422),
        ({"pid": "a", "finding": "right", "note": "x" * 2001}, 422),
        ({"pid": "a\0", "finding": "right"}, 422),
        ({"pid": "a", "finding": "right", "note": "\0"}, 422),
        ({"pid": "a", "finding": "right", "withdraws": 1}, 422),
        ({"pid": "a", "finding": "right", "seen": 2**70}, 422),
        ({"pid": "a", "finding": "right", "decided_by": "the director"}, 422),
    ],
)
def test_what_cannot_be_is_refused(
    client: TestClient, season: int, body: dict[str, Any], code: int
) -> None:
    post(client, body, code)
    assert history(client) == []


def test_only_who_may_decide_decides(client: TestClient, season: int, host: StandIn) -> None:
    host.logged_in = READER
    post(client, {"pid": "a", "finding": "right"}, 403)
    host.logged_in = replace(INSPECTOR, seasons=frozenset({"es-2019"}))
    post(client, {"pid": "a", "finding": "right"}, 403)
    host.logged_in = INSPECTOR
    form = client.post(f"{SEASON}/decisions", data={"pid": "a", "finding": "right"})
    assert form.status_code == 415
    body = {"pid": "a", "finding": "right"}
    foreign = client.post(f"{SEASON}/decisions", json=body, headers={"Origin": "https://e.example"})
    assert foreign.status_code == 403
    assert history(client) == []


def test_a_program_decides_with_a_key_that_may(
    client: TestClient, season: int, host: StandIn
) -> None:
    wish = {"label": "tablet", "rights": ["read", "decide"]}
    key = client.post("/api/v1/keys", json=wish).json()["key"]
    host.logged_in = None
    bearer = {"Authorization": f"Bearer {key}"}
    reply = client.post(
        f"{SEASON}/decisions", json={"pid": "a", "finding": "right"}, headers=bearer
    )
    assert reply.json()["decision"]["source"] == "api"
    assert reply.json()["decision"]["decided_by"] == "ida"


def test_all_decisions_are_exported_page_by_page(client: TestClient, season: int) -> None:
    for number in range(5):
        post(client, {"pid": "a", "finding": "right", "note": f"=cmd {number}"})
    rows: list[dict[str, Any]] = []
    parameters: dict[str, Any] = {"limit": 2}
    while True:
        page = client.get(f"{SEASON}/decisions", params=parameters).json()
        rows += page["rows"]
        if page["next"] is None:
            break
        parameters["after"] = page["next"]
    assert [row["id"] for row in rows] == [5, 4, 3, 2, 1]
    text = client.get(f"{SEASON}/decisions", params={"format": "csv"}).text
    told = list(csv.DictReader(io.StringIO(text)))
    assert told[0]["note"] == "'=cmd 4"


@pytest.fixture
def sample(connection: Connection, season: int) -> int:
    """Two items of three claims: a and b; c comes next."""
    listed = "gsa_par_id,gsa_hol_id,ua_grp_id,covered,ranking\n" + "".join(
        f"{pid},h{number},ECO,1,{number}\n" for number, pid in enumerate("abc", 1)
    )
    ranked = ranked_list.parse(listed, "list")
    options = Options(False, Covered.ONLY, False)
    made = drawn.make(ranked, {"ECO": 2}, options, datetime(2018, 6, 1, tzinfo=UTC))
    number = store.save(connection, season, made)
    connection.commit()
    return number


def test_a_quality_item_is_worked_through_in_the_same_way(
    client: TestClient, sample: int, host: StandIn
) -> None:
    address = f"{SEASON}/quality/findings"
    item = {"sample": sample, "group": "ECO", "pid": "a"}
    body = {**item, "finding": "compliant", "photo": "p.jpg"}
    first = client.post(address, json=body, headers={"Idempotency-Key": "k"})
    assert first.status_code == 201, first.text
    again = client.post(address, json=body, headers={"Idempotency-Key": "k"}).json()
    assert again == {**first.json(), "repeated": True}
    host.logged_in = OPERATOR
    told = client.post(address, json={**item, "finding": "not_compliant"}).json()
    assert [row["inspector"] for row in told["newer"]] == ["ida"]
    unclear = {**item, "pid": "b", "finding": "cannot_tell"}
    assert client.post(address, json=unclear).status_code == 422
    replaced = client.post(address, json={**unclear, "reason": "flooded"}).json()
    assert replaced["finding"]["replaced_by"] == "c"
    assert client.post(address, json={**unclear, "reason": "again"}).status_code == 422
    assert client.post(address, json={**body, "pid": "x"}).status_code == 422
    assert client.post(address, json={**body, "sample": 99}).status_code == 422
    other = {"Idempotency-Key": "k"}
    host.logged_in = INSPECTOR
    assert client.post(address, json={**body, "pid": "c"}, headers=other).status_code == 409
    host.logged_in = READER
    assert client.post(address, json=body).status_code == 403
