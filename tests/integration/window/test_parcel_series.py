"""A parcel's series and the gaps in it as a client gets them, against values worked out by hand."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pyarrow.parquet as pq
import pytest
from blocks import add_scene, add_signatures
from fastapi.testclient import TestClient
from marker_season import MarkerSeason, marked
from parcel_page import BASE, get, season, table

from dias_cbm.db.connection import Connection

__all__ = ["marked", "season"]
pytestmark = pytest.mark.integration


def test_backscatter_is_in_decibels_and_a_gap_is_null_at_its_date(
    client: TestClient, season: int
) -> None:
    found = get(client, "p/1", "/series")
    series = {(one["band"], one["direction"]): one for one in found["series"]}
    assert set(series) == {("VV", "A"), ("VH", "A")}
    seen = series["VV", "A"]["observations"]
    assert seen["time"] == [f"2018-05-{day:02}T17:00:00Z" for day in (3, 9, 15, 21)]
    assert seen["mean_db"][1] is None
    assert seen["cause"] == [None, "not_published", None, None]
    assert [seen["mean_db"][n] for n in (0, 2, 3)] == pytest.approx([-10, 0, -20], abs=1e-4)
    assert seen["p75_db"][2] == pytest.approx(3.0103, abs=1e-4)
    assert (seen["pixels"][0], seen["rel_orbit"][0]) == (50, 44)
    assert found["missed"][0]["why"].startswith("it was acquired")
    assert len(found["scenes"]) == 3


def test_five_day_means_have_every_window_of_the_season(client: TestClient, season: int) -> None:
    (vv,) = get(client, "p/1", "/series", band="VV")["series"]
    windows = vv["windows"]
    # Periods count from 1 January: 24 begins on 1 May, 30 on 31 May.
    assert windows["window_start"] == [
        "2018-05-01", "2018-05-06", "2018-05-11", "2018-05-16", "2018-05-21", "2018-05-26",
        "2018-05-31",
    ]  # fmt: skip
    assert windows["n"] == [1, 0, 2, 0, 0, 0, 0]
    assert windows["mean"] == [pytest.approx(0.1), None, 1, None, None, None, None]
    rows = table(client, "p/1", "/series", table="windows", band="VV")
    empty = [row["mean_db"] == "" for row in rows]
    assert empty == [False, True, False, True, True, True, True]


def test_csv_and_parquet_have_empty_cells_where_json_has_null(
    client: TestClient, season: int
) -> None:
    rows = table(client, "p/1", "/series", band="VV")
    assert [row["time"][:10] for row in rows] == [
        "2018-05-03", "2018-05-09", "2018-05-15", "2018-05-21",
    ]  # fmt: skip
    lost = rows[1]
    assert (lost["mean"], lost["mean_db"], lost["obsid"], lost["cause"]) == (
        "", "", "", "not_published",
    )  # fmt: skip
    assert rows[0]["time"].endswith("+00:00")
    assert rows[0]["unit"] == "gamma0, linear"
    reply = client.get(f"{BASE}/p/1/series", params={"format": "parquet", "band": "VV"})
    kept = pq.read_table(io.BytesIO(reply.content)).to_pylist()
    assert [row["mean"] is None for row in kept] == [False, True, False, False]


def test_without_the_inner_half_the_rest_is_the_same(client: TestClient, season: int) -> None:
    whole = get(client, "p/1", "/series", band="VV")["series"][0]["observations"]
    short = get(client, "p/1", "/series", band="VV", inner=False)["series"][0]["observations"]
    assert short["mean"] == whole["mean"]
    assert set(short["p25"] + short["p75_db"]) == {None}


def test_a_span_without_evidence_says_from_when_to_when_and_why(
    client: TestClient, season: int
) -> None:
    (span,) = get(client, "p/1", "/gaps")["rows"]
    assert (span["from"], span["to"]) == ("2018-05-03T17:00:00Z", "2018-05-15T17:00:00Z")
    assert (span["card"], span["direction"], span["days"]) == ("bs", "A", 12)
    assert span["causes"] == {"not_published": 1}
    assert span["sentence"] == (
        "No backscatter evidence from 2018-05-03 to 2018-05-15 because it was acquired, but the"
        " platform has not published the product (1 pass)."
    )
    assert table(client, "p/1", "/gaps")[0]["cause"] == "not_published"


def test_a_pass_without_a_direction_is_missing_in_that_of_its_orbit_or_in_both(
    client: TestClient, connection: Connection, season: int
) -> None:
    start = datetime(2018, 5, 27, 5, tzinfo=UTC)
    scene = add_scene(connection, "BS_D", start, rel_orbit=139, direction="D")
    add_signatures(connection, season, scene, 1, "VV", [50, 9], [0.1, 1])
    connection.execute("update gap set direction = null")
    connection.commit()
    (span,) = get(client, "p/1", "/gaps")["rows"]
    assert (span["direction"], span["days"]) == ("A", 12)
    # No look tells where orbit 7 goes: either may be the one that is missing.
    connection.execute("update gap set rel_orbit = 7")
    connection.commit()
    rows = get(client, "p/1", "/gaps")["rows"]
    assert sorted(row["direction"] for row in rows) == ["A", "D"]


def test_a_gap_at_either_end_reaches_the_end_of_the_season(
    client: TestClient, connection: Connection, season: int
) -> None:
    connection.execute("update gap set expected_at = '2018-05-27 17:00+00'")
    connection.commit()
    (span,) = get(client, "p/1", "/gaps")["rows"]
    assert (span["from"][:10], span["to"]) == ("2018-05-21", "2018-06-01T00:00:00Z")
    connection.execute("update gap set expected_at = '2018-05-02 17:00+00', state = 'confirmed',"
                       " closed_at = now(), next_check = null")  # fmt: skip
    connection.commit()
    (span,) = get(client, "p/1", "/gaps")["rows"]
    assert (span["from"], span["to"][:10]) == ("2018-05-01T00:00:00Z", "2018-05-03")


def test_optical_looks_have_indices_classes_and_a_clear_share(
    client: TestClient, marked: MarkerSeason
) -> None:
    found = get(client, "a", "/series", card="s2")
    series = {one["band"]: one for one in found["series"]}
    assert set(series) == {"B04", "B08", "NDVI"}
    ndvi = series["NDVI"]
    assert (ndvi["unit"], ndvi["direction"]) == ("index", "*")
    values = ndvi["observations"]["mean"]
    # Parcel a is green (0.7) on the fifth day alone.
    assert values[4] == pytest.approx(0.7, abs=1e-5)
    assert values[0] == pytest.approx(0.2, abs=1e-5)
    assert set(ndvi["observations"]["clear_share"]) == {1.0}
    scene = found["scenes"][str(ndvi["observations"]["obsid"][0])]
    assert scene["classes"] == {"4": 100}


def test_cloudy_looks_make_one_span_to_the_end_of_the_season(
    client: TestClient, marked: MarkerSeason
) -> None:
    # Parcel c is clear on 1 and 11 April, and clouded on the eight days after.
    (span,) = get(client, "c", "/gaps")["rows"]
    assert (span["cause"], span["causes"]) == ("cloudy", {"cloudy": 8})
    assert (span["from"][:10], span["to"]) == ("2018-04-11", "2018-07-01T00:00:00Z")
    assert len(span["products"]) == 8
    assert "because clouds hide the parcel (8 passes)" in span["sentence"]
    assert get(client, "a", "/gaps")["rows"] == []


def test_a_parcel_outside_of_every_scene_has_an_empty_series(
    client: TestClient, marked: MarkerSeason
) -> None:
    marked.gap(date(2018, 5, 1), [2])
    found = get(client, "f", "/series")
    assert found["series"] == []
    assert len(found["missed"]) == 1
    (row,) = table(client, "f", "/series")
    assert (row["band"], row["cause"]) == ("", "not_published")
    (span,) = get(client, "f", "/gaps")["rows"]
    assert (span["from"][:10], span["to"][:10]) == ("2018-04-01", "2018-07-01")


def test_the_sentence_of_a_gap_is_in_the_language_of_the_reader(
    client: TestClient, season: int
) -> None:
    there = f"{BASE}/p2/gaps"
    (english,) = client.get(there).json()["rows"]
    assert "language" not in english
    reply = client.get(there, headers={"Accept-Language": "da"})
    (danish,) = reply.json()["rows"]
    assert english["sentence"].startswith("No backscatter evidence from 2018-05-03 to 2018-05-15")
    assert danish["language"] == "da"
    assert danish["sentence"] == (
        "Intet bevis (radartilbagekast) fra 2018-05-03 til 2018-05-15, fordi den er optaget, men"
        " platformen har ikke udgivet produktet (1 overflyvning)."
    )
    assert danish["passes"][0]["cause"] == "not_published"
    assert "Accept-Language" in reply.headers["vary"]
    # A file is for programs.
    file = client.get(f"{there}?format=csv", headers={"Accept-Language": "da"})
    assert "No backscatter" in file.text
