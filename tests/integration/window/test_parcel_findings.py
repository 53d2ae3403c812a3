"""What was found on a parcel, and from which products and weather, as a client gets it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from blocks import add_scene
from fastapi.testclient import TestClient
from marker_season import MarkerSeason, marked
from parcel_page import BASE, get, season, table

from dias_cbm.db.connection import Connection
from dias_cbm.scenes import Kind

__all__ = ["marked", "season"]
pytestmark = pytest.mark.integration


def test_verdict_history_and_curves(
    client: TestClient, connection: Connection, season: int
) -> None:
    runs = []
    for status in ("inconclusive", "outlier"):
        row = connection.execute(
            "insert into outlier_run (season, model, features, labels, report)"
            " values (%s, 'm', '[]', 'l', '{}') returning id",
            (season,),
        ).fetchone()
        assert row is not None
        runs.append(row.id)
        connection.execute(
            "insert into outlier (run, season, pid, declared, predicted, probability, rank, status,"
            " observations, wrong_at_least, plausible) values (%s, %s, 'p/1', 'barley', 'maize',"
            " 0.25, 1, %s, 3, 0.5, '{maize}')",
            (row.id, season, status),
        )
    connection.execute(
        "insert into outlier_explanation values (%s, %s, 'p/1', 'maize', 'Too bright.', null, null,"
        " 'distance', '[]')",
        (runs[1], season),
    )
    for name in ("barley", "maize", "beet"):
        connection.execute(
            "insert into typical_curve (run, season, kind, name, card, band, direction,"
            " first_period, parcels, n, p10, p50, p90) values (%s, %s, 'crop', %s, 'bs', 'VV', 'A',"
            " 24, 40, '{40,0}', '{-12,NaN}', '{-10,NaN}', '{-8,NaN}')",
            (runs[1], season, name),
        )
    connection.commit()
    found = get(client, "p/1", "/verdict")
    assert (found["newest"]["status"], found["newest"]["calibrated"]) == ("outlier", False)
    assert found["newest"]["plausible"] == ["maize"]
    assert found["explanation"]["sentence"] == "Too bright."
    assert [row["run"] for row in found["history"]] == runs[::-1]
    curves = get(client, "p/1", "/curves")
    assert [(one["crop"], one["roles"]) for one in curves["series"]] == [
        ("barley", ["declared"]), ("maize", ["predicted"]),
    ]  # fmt: skip
    assert curves["series"][0]["p50"] == [-10, None]
    assert curves["series"][0]["window_start"] == ["2018-05-01", "2018-05-06"]
    assert get(client, "p/1", "/curves", card="s2")["series"] == []


def test_evidence_leads_down_to_product_and_engine(
    client: TestClient, connection: Connection, season: int
) -> None:
    source = add_scene(connection, "GRD", datetime(2018, 5, 3, 17, tzinfo=UTC), Kind.S1_GRD)
    first = connection.execute("select id from dias_catalogue where reference = 'BS_3'").fetchone()
    assert first is not None
    connection.execute(
        'update dias_catalogue set engine = \'{"engine": "embedded", "version": "1"}\''
        " where id = %s",
        (first.id,),
    )
    connection.execute(
        "insert into card_source values (%s, %s, 'reference')", (first.id, source.id)
    )
    connection.commit()
    rows = get(client, "p/1", "/evidence")["rows"]
    assert [row["product"] for row in rows] == ["BS_3", "BS_15", "BS_21"]
    assert rows[0]["engine"] == {"engine": "embedded", "version": "1"}
    assert [one["product"] for one in rows[0]["sources"]] == ["GRD"]
    assert (rows[0]["bands"], rows[0]["pixels"], rows[0]["rule"]) == (["VH", "VV"], 50, "centre")
    page = get(client, "p/1", "/evidence", limit=2)
    rest = get(client, "p/1", "/evidence", limit=2, after=page["next"])
    assert [row["obsid"] for row in page["rows"] + rest["rows"]] == [row["obsid"] for row in rows]
    (one,) = get(client, "p/1", "/evidence", obsid=rows[1]["obsid"])["rows"]
    assert one == rows[1]
    told = table(client, "p/1", "/evidence")
    assert json.loads(told[0]["engine"])["engine"] == "embedded"


def test_markers_have_their_reason_in_words(client: TestClient, marked: MarkerSeason) -> None:
    connection = marked.connection
    key = {"season": marked.season.id}
    run = connection.execute(
        "insert into marker_run (season, marker, version, parameters, inputs_hash, code, until,"
        " window_start, window_end) values (%(season)s, 'mowing', '1', '{}', 'h', 'c',"
        " '2018-08-01', '2018-04-01', '2018-07-01') returning id",
        key,
    ).fetchone()
    assert run is not None
    given = connection.execute(
        "insert into marker_input (season, blk, hash, days, looks, missing) values"
        " (%(season)s, 1, 'h', '{}', '', '[]') returning id",
        key,
    ).fetchone()
    assert given is not None
    connection.execute(
        "insert into marker_state_block values (%s, %s, 1, %s, '{1,2,3,3}', '{0,0,3,1}',"
        " '{0.9,NaN,NaN,NaN}', '{0.8,0.8,0.1,0}', '{10,10,70,10}', '{10,10,2,10}')",
        (run.id, marked.season.id, given.id),
    )
    connection.execute(
        "insert into marker_event_slot values (%s, %s, 1, 1, 1, 'mowing', '2018-05-11',"
        " '2018-05-21', '2018-05-16', 0.9, null, null, '{}', '{}')",
        (run.id, marked.season.id),
    )
    connection.commit()
    (state,) = get(client, "a", "/markers")["rows"]
    assert (state["status"], state["why"]) == ("OK", None)
    assert [event["start_date"] for event in state["events"]] == ["2018-05-11"]
    (state,) = get(client, "c", "/markers")["rows"]
    assert state["why"] == "there are too few clear looks"


def test_the_weather_is_that_of_the_nearest_cell_and_404_without_any(
    client: TestClient, connection: Connection, season: int
) -> None:
    reply = client.get(f"{BASE}/p/1/weather")
    assert (reply.status_code, "has no weather" in reply.text) == (404, True)
    connection.execute(
        "insert into weather_cell values (%(season)s, 'near', st_point(9.2, 56.2, 4326)),"
        " (%(season)s, 'far', st_point(11, 56.2, 4326))",
        {"season": season},
    )
    connection.execute(
        "insert into weather_day values (%(season)s, 'near', '2018-05-02', 9.5, 4, null, 0.2),"
        " (%(season)s, 'far', '2018-05-02', 1, 1, 1, 1)",
        {"season": season},
    )
    connection.commit()
    found = get(client, "p/1", "/weather")
    assert (found["cell"], found["distance_m"]) == ("near", 0)
    day = {"day": "2018-05-02", "tmean": 9.5, "tmin": 4, "tmax": None, "precipitation": 0.2}
    assert found["rows"] == [day]
    (row,) = table(client, "p/1", "/weather")
    assert (row["day"], row["tmax"]) == ("2018-05-02", "")
    assert client.get(f"{BASE}/nobody/weather").status_code == 404
