"""A pass and a product by the API: states, sources, reasons, attempts, records and gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
import shapely
from fastapi.testclient import TestClient
from observed_season import EAST, NOW, World
from window_host import OPERATOR, READER, StandIn

from dias_cbm.completeness import gaps
from dias_cbm.scenes import Cause, Kind

pytestmark = pytest.mark.integration
SEASON = "/api/v1/seasons/dk-2018"
HOSTILE = "<b>'; drop table x --/..\"</b>"


def get(client: TestClient, path: str) -> Any:
    reply = client.get(f"{SEASON}{path}")
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.fixture
def season(radar: Callable[..., World]) -> World:
    """Passes every six days, of which that of 15 May is lost."""
    filled = radar(lost=(14,))
    gaps.refresh(filled.connection, filled.season, NOW)
    return filled


def test_a_pass_tells_all_its_scenes(client: TestClient, season: World) -> None:
    level1, card = 1, 2
    season.connection.execute(
        "insert into card_source values (%s, %s, 'reference')", (card, level1)
    )
    failed = season.scene(Kind.CARD_BS, 2, footprint=shapely.MultiPolygon([EAST]), hour=17.005)
    season.fail(failed, Cause.CORRUPT, "ends early")
    found = get(client, f"/passes/{card}")
    assert (found["satellite"], found["rel_orbit"], found["direction"]) == ("S1A", 44, "A")
    other = get(client, f"/passes/{level1}")
    assert {one["acquisition"] for one in other["runs"]} == {level1}
    assert found == {**other, "acquisition": card, "runs": found["runs"]}
    scenes = {one["obsid"]: one for one in found["scenes"]}
    assert list(scenes) == [level1, card, failed]
    assert [one["obsid"] for one in scenes[card]["sources"]] == [level1]
    assert [one["obsid"] for one in scenes[level1]["made"]] == [card]
    assert [(one["tile"], one["status"]) for one in scenes[card]["extraction"]] == [
        ("32VNH", "extracted")
    ]
    assert (scenes[card]["records"], found["records"]) == (50, 50)
    told = scenes[failed]
    assert (told["status"], told["cause"], told["attempts"]) == ("failed", "corrupt", 1)
    assert told["why"] == "the product is damaged or incomplete"
    assert told["footprint"]["type"] == "MultiPolygon"
    assert found["runs"] == [
        {"what": "ask_again", "acquisition": card},
        {"what": "run_day", "card": "bs", "day": "2018-05-03", "acquisition": card},
    ]


def test_what_a_pass_offers_can_be_started(
    client: TestClient, season: World, host: StandIn
) -> None:
    runs = get(client, "/passes/2")["runs"]
    assert client.post(f"{SEASON}/runs", json=runs[0]).status_code == 403
    host.logged_in = OPERATOR
    for wish in runs:
        assert client.post(f"{SEASON}/runs", json=wish).status_code == 202
    assert [one[0] for one in host.started] == ["cbm_gaps", "cbm_bs"]


def test_a_gap_of_a_pass_says_who_can_act(client: TestClient, season: World) -> None:
    (gap,) = season.connection.execute("select id, satellite from gap").fetchall()
    late = season.scene(Kind.S1_GRD, 14, gap.satellite)
    season.connection.commit()
    found = get(client, f"/passes/{late}")
    (row,) = found["gaps"]
    assert (row["id"], row["card"], row["tile"]) == (gap.id, "bs", "32VNH")
    assert row["who_can_act"]
    assert row["why"]


def test_a_product_by_number_and_by_name(client: TestClient, season: World) -> None:
    found = get(client, "/products/2")
    assert get(client, f"/products/{quote(found['product'], safe='')}") == found
    assert (found["kind"], found["records"]) == ("CARD_BS", 50)
    assert [one["kind"] for one in found["others_of_pass"]] == ["S1_GRD"]
    named = season.scene(Kind.CARD_BS, 3, name=HOSTILE)
    season.connection.commit()
    assert get(client, f"/products/{quote(HOSTILE, safe='')}")["obsid"] == named


def test_of_two_products_of_a_name_the_one_in_force_is_shown(
    client: TestClient, season: World
) -> None:
    first = season.scene(Kind.CARD_BS, 3, name="twice")
    second = season.scene(Kind.CARD_BS, 3, name="twice")
    season.connection.execute(
        "update dias_catalogue set status = 'superseded', superseded_by = %s where id = %s",
        (second, first),
    )
    season.connection.commit()
    assert get(client, "/products/twice")["obsid"] == second
    assert get(client, f"/products/{first}")["superseded_by"] == second


@pytest.mark.parametrize("name", ["99", "9" * 5000, "nothing", "2147483648", "0"])
def test_what_the_season_does_not_have_is_not_found(
    client: TestClient, season: World, name: str
) -> None:
    assert client.get(f"{SEASON}/products/{name}").status_code == 404


def test_scenes_of_other_places_and_times_belong_to_other_seasons(
    client: TestClient, season: World, host: StandIn
) -> None:
    far = shapely.MultiPolygon([shapely.box(20, 40, 21, 41)])
    elsewhere = season.scene(Kind.S1_GRD, 3, footprint=far)
    early = season.scene(Kind.S1_GRD, -30)
    unplaced = season.scene(Kind.S1_GRD, 4, footprint=None)
    season.connection.commit()
    assert client.get(f"{SEASON}/passes/{elsewhere}").status_code == 404
    assert client.get(f"{SEASON}/passes/{early}").status_code == 404
    assert get(client, f"/passes/{unplaced}")["scenes"][0]["footprint"] is None
    for odd in ("0", "-1", "x", "99999999999"):
        assert client.get(f"{SEASON}/passes/{odd}").status_code == 422
    host.logged_in = replace(READER, seasons=frozenset({"es-2019"}))
    assert client.get(f"{SEASON}/passes/2").status_code == 403
