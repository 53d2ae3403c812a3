"""An operator starts DAGs; the reply names the run."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient
from observed_season import World
from window_host import INSPECTOR, OPERATOR, StandIn

from dias_cbm.scenes import Kind

pytestmark = pytest.mark.integration
PATH = "/api/v1/seasons/dk-2018/runs"


def test_each_wish_starts_its_dag(client: TestClient, host: StandIn, world: World) -> None:
    host.logged_in = OPERATOR
    wishes = {
        ("cbm_gaps", "ask_again"): {},
        ("cbm_bs", "run_day"): {"card": "bs", "day": "2018-05-11"},
        ("cbm_outliers", "find_outliers"): {},
        ("cbm_markers", "run_markers"): {},
    }
    for number, ((dag, what), more) in enumerate(wishes.items(), 1):
        reply = client.post(PATH, json={"what": what, **more})
        assert reply.status_code == 202, reply.text
        run = f"run-{number}"
        assert reply.json() == {"dag": dag, "run": run, "path": f"dags/{dag}/runs/{run}"}
    assert [conf for _, conf, _ in host.started] == [
        {"everything": True, "season": "dk-2018"},
        {"day": "2018-05-11", "season": "dk-2018"},
        {"season": "dk-2018", "force": True},
        {"season": "dk-2018", "force": True},
    ]


def test_what_is_pressed_on_a_pass_or_product_is_about_nothing_else(
    client: TestClient, host: StandIn, world: World
) -> None:
    host.logged_in = OPERATOR
    scene = world.extracted(Kind.CARD_BS, 2)
    world.extracted(Kind.CARD_BS, 2, hour=5.0, orbit=139)
    at = "/api/v1/seasons/dk-2018"
    offered = [
        wish
        for page in (f"{at}/passes/{scene}", f"{at}/products/{scene}")
        for wish in client.get(page).json()["runs"]
    ]
    assert len(offered) == 4
    for wish in offered:
        assert client.post(PATH, json=wish).status_code == 202, wish
    day = {"day": "2018-05-03", "season": "dk-2018"}
    again = {"everything": True, "season": "dk-2018", "acquisition": scene}
    assert [(dag, conf) for dag, conf, _ in host.started] == [
        ("cbm_gaps", again), ("cbm_bs", day | {"acquisition": scene}),
        ("cbm_gaps", again), ("cbm_bs", day | {"product": scene}),
    ]  # fmt: skip
    unknown = {"what": "ask_again", "acquisition": 99_999}
    assert client.post(PATH, json=unknown).status_code == 404


def test_what_is_not_started(client: TestClient, host: StandIn, world: World) -> None:
    host.logged_in = OPERATOR
    odd: list[dict[str, Any]] = [
        {},
        {"what": "drop"},
        {"what": "run_day"},
        {"what": "run_day", "card": "bs"},
        {"what": "run_day", "card": "bs", "day": "2017-05-11"},
        {"what": "run_day", "card": "../x", "day": "2018-05-11"},
        {"what": "ask_again", "day": "2018-05-11"},
        {"what": "ask_again", "conf": {"x": 1}},
        {"what": "ask_again", "product": 1},
        {"what": "find_outliers", "acquisition": 1},
        {"what": "run_day", "card": "bs", "day": "2018-05-11", "product": 1, "acquisition": 1},
        {"what": "ask_again", "acquisition": 0},
    ]
    for wish in odd:
        assert client.post(PATH, json=wish).status_code == 422, wish
    elsewhere = client.post("/api/v1/seasons/nowhere/runs", json={"what": "ask_again"})
    assert elsewhere.status_code == 404
    host.logged_in = INSPECTOR
    assert client.post(PATH, json={"what": "ask_again"}).status_code == 403
    assert host.started == []
