"""The pages in front of the application and a database: what they ask for is what it answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import shapely
import uvicorn
from blocks import add_block, add_season
from observed_season import WEST, World
from playwright.sync_api import Browser, Page, expect
from window_host import OPERATOR, StandIn

from dias_cbm import seasons
from dias_cbm.db.connection import Connection
from dias_cbm.quality import drawn, ranked_list, store
from dias_cbm.quality.draw import Covered, Options
from dias_cbm.scenes import Kind
from dias_cbm.window import app as window
from dias_cbm.window.names import segment

pytestmark = pytest.mark.integration
PIDS = ("1/a", "2/b", "3/c")
HOSTILE = ("..", "a/series", "50%2F")


@pytest.fixture
def season(connection: Connection) -> int:
    """Three outliers, of which two are in the quality sample; one pass."""
    number = add_season(connection, "dk-2018", date(2018, 5, 1), date(2018, 9, 30))
    add_block(connection, number, 1, PIDS)
    add_block(connection, number, 2, HOSTILE)
    World(connection, seasons.get(connection, "dk-2018")).extracted(
        Kind.CARD_BS, 2, footprint=shapely.MultiPolygon([WEST])
    )
    run = connection.execute(
        "insert into outlier_run (season, model, features, labels, report)"
        " values (%s, 'm', '[]', 'l', '{}') returning id",
        (number,),
    ).fetchone()
    assert run is not None
    for rank, pid in enumerate(PIDS, 1):
        connection.execute(
            "insert into outlier (run, season, pid, declared, predicted, rank, status,"
            " wrong_at_least, observations) values (%s, %s, %s, 'barley', 'maize', %s, 'outlier',"
            " 0.9, 9)",
            (run.id, number, pid, rank),
        )
    listed = "gsa_par_id,gsa_hol_id,ua_grp_id,covered,ranking\n" + "".join(
        f"{pid},h{rank},ECO,1,{rank}\n" for rank, pid in enumerate(PIDS, 1)
    )
    options = Options(False, Covered.ONLY, False)
    ranked = ranked_list.parse(listed, "list")
    made = drawn.make(ranked, {"ECO": 2}, options, datetime(2018, 6, 1, tzinfo=UTC))
    store.save(connection, number, made)
    connection.commit()
    return number


@pytest.fixture
def host(database: str) -> StandIn:
    return StandIn(database, OPERATOR)


@pytest.fixture
def page(
    browser: Browser,
    built: Path,
    host: StandIn,
    season: int,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Page]:
    """A browser in front of the application, which an operator uses."""
    monkeypatch.setattr(window, "STATIC", built)
    made = window.application(host)
    own = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(made, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [own]})
    thread.start()
    url = f"http://127.0.0.1:{own.getsockname()[1]}/"
    opened = browser.new_page(base_url=url, locale="en-GB")
    yield opened
    opened.close()
    server.should_exit = True
    thread.join()
    own.close()
    made.state.context.gate.close()


def test_work_is_shared_out_and_the_sample_is_worked_through(page: Page) -> None:
    page.goto("seasons/dk-2018/work")
    rows = page.locator("table.work tbody tr")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("≥ 90%")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_role("button", name="Assign to me").click()
    expect(page.get_by_text("1 parcel was assigned.")).to_be_visible()
    page.get_by_role("button", name="Finding on parcel 1/a").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("cannot tell").check()
    dialog.get_by_label("Why nobody can tell").fill("flooded")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Parcel 3/c takes its place")).to_be_visible()
    page.get_by_role("combobox", name="With").select_option("me")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(rows).to_have_count(1)
    page.goto("seasons/dk-2018/work?by=assignee")
    page.get_by_role("link", name="nobody").click()
    # The item that nobody could tell of has made room for another.
    expect(rows).to_have_count(4)
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV").click()
    assert saved.value.suggested_filename == "work.csv"


def test_a_pass_leads_to_its_product_and_is_run_again(page: Page, host: StandIn) -> None:
    page.goto("seasons/dk-2018/passes/1")
    page.get_by_role("group", name="Products of the pass").get_by_role("link").first.click()
    expect(page.get_by_role("group", name="Extraction")).to_contain_text("32VNH")
    page.get_by_role("button", name="Reprocess Backscatter of 3 May 2018").click()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Started:")).to_contain_text("run-1")
    started = {"day": "2018-05-03", "season": "dk-2018", "product": 1}
    assert host.started == [("cbm_bs", started, "ole")]
    page.goto("seasons/dk-2018/passes/99")
    expect(page.get_by_role("alert")).to_contain_text("season dk-2018 has no such scene")


@pytest.mark.parametrize("pid", HOSTILE)
def test_a_parcel_of_a_hostile_name_has_its_page(page: Page, pid: str) -> None:
    asked: list[tuple[int, str]] = []
    page.on("response", lambda reply: asked.append((reply.status, reply.url)))
    page.goto(f"seasons/dk-2018/parcels/{segment(pid)}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(pid)
    expect(page.locator(".loading")).to_have_count(0)
    there = [one for one in asked if "/api/v1/seasons/dk-2018/parcels/" in one[1]]
    assert len(there) > 8
    # No weather was loaded: of all other things there is an answer.
    assert [one for one in there if one[0] != 200 and not one[1].endswith("/weather")] == []


def test_a_key_opens_the_api_until_it_is_revoked(page: Page, host: StandIn) -> None:
    page.goto("keys")
    page.get_by_label("What it is for").fill("QGIS")
    page.get_by_role("button", name="Make the key").click()
    secret = page.get_by_label("The key").input_value()
    page.get_by_role("button", name="Close").click()
    # The list was asked for again: who is not logged in would not get it.
    expect(page.get_by_role("button", name="Revoke QGIS")).to_be_visible()
    host.logged_in, headers = None, {"Authorization": f"Bearer {secret}"}
    asked: Any = page.request
    assert asked.get("api/v1/seasons", headers=headers).status == 200
    host.logged_in = OPERATOR
    page.get_by_role("button", name="Revoke QGIS").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke", exact=True).click()
    expect(page.get_by_role("cell", name="revoked")).to_be_visible()
    host.logged_in = None
    assert asked.get("api/v1/seasons", headers=headers).status == 401
