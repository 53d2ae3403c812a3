"""A parcel's page as a client of the API gets it, against values worked out by hand."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from blocks import add_block, add_scene, add_season, add_signatures
from fastapi.testclient import TestClient
from marker_season import MarkerSeason, marked
from window_host import READER, StandIn

from dias_cbm import archive, seasons
from dias_cbm.db.connection import Connection
from dias_cbm.markers import run
from dias_cbm.scenes import Kind

__all__ = ["marked"]
pytestmark = pytest.mark.integration
NAN = float("nan")
BASE = "/api/v1/seasons/dk-2018/parcels"
HOSTILE = ["<img src=x onerror=alert(1)>", "a/b c", "=cmd|' /C calc'!A0", "../..", "ø;'\"--"]


def get(client: TestClient, pid: str, part: str = "", **parameters: Any) -> Any:
    from urllib.parse import quote

    reply = client.get(f"{BASE}/{quote(pid, safe='')}{part}", params=parameters)
    assert reply.status_code == 200, reply.text
    return reply.json()


def table(client: TestClient, pid: str, part: str, **parameters: Any) -> list[dict[str, str]]:
    reply = client.get(f"{BASE}/{pid}{part}", params={**parameters, "format": "csv"})
    assert reply.status_code == 200, reply.text
    return list(csv.DictReader(io.StringIO(reply.text)))


def radar(connection: Connection, season: int, day: int, value: float, pixels: float = 50) -> int:
    start = datetime(2018, 5, day, 17, tzinfo=UTC)
    scene = add_scene(connection, f"BS_{day}", start, rel_orbit=44)
    for band, mean in (("VV", value), ("VH", value / 4)):
        add_signatures(
            connection, season, scene, 1, band, [pixels, 9], [mean, 1],
            p25=np.array([mean / 2, 1], "f4"), p75=np.array([mean * 2, 1], "f4"),
        )  # fmt: skip
    return scene.id


@pytest.fixture
def season(connection: Connection) -> int:
    """Two parcels; backscatter of the first on 3, 15 and 21 May 2018; 9 May is missing."""
    number = add_season(connection, "dk-2018", date(2018, 5, 1), date(2018, 5, 31))
    add_block(connection, number, 1, ["p/1", "p2"])
    for day, value in ((3, 0.1), (15, 1.0), (21, 0.01)):
        radar(connection, number, day, value)
    connection.execute(
        "insert into gap (season, card, satellite, rel_orbit, direction, tile, expected_at, cause,"
        " evidence, state, parcels, blocks, next_check) values (%s, 'bs', 'S1B', 44, 'A', '32VNH',"
        " '2018-05-09 17:00+00', 'not_published', 'not listed', 'late', 2, '{1}', now())",
        (number,),
    )
    connection.execute(
        "insert into five_day_mean_block values"
        " (%s, 'bs', 24, 1, 'VV', 'A', '{0.1,NaN}', '{1,0}'),"
        " (%s, 'bs', 26, 1, 'VV', 'A', '{1,NaN}', '{2,0}')",
        (number, number),
    )
    connection.commit()
    return number


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
