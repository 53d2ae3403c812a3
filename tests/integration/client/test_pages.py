"""The window's pages in a browser, under the policy of the application, with prepared answers."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import expect
from window_client import FIXTURES

pytestmark = pytest.mark.integration

TABLET = {"viewport": {"width": 768, "height": 1024}}
DANISH = {"locale": "da-DK"}
SEASON = "seasons/dk-2018"
API = "api/v1/seasons/dk-2018"
PAGES = [
    "",
    SEASON,
    f"{SEASON}/work",
    f"{SEASON}/work?by=holding",
    f"{SEASON}/products/4703",
    "keys",
    "help",
    "specimen",
]
#: A season in which nothing has happened yet.
NOTHING: dict[str, Any] = {
    **json.loads((FIXTURES / "season.json").read_text()),
    **{"months": [], "gaps": [], "work": None, "markers": [], "schemes": [], "running": []},
    **{"failing": [], "parcels": 0},
}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_accessible(window: Any, path: str) -> None:
    # axe looks at every square: some of each kind are enough.
    calendar = json.loads((FIXTURES / "season-calendar.json").read_text())
    some = {"rows": calendar["rows"][::8], "next": None}
    window.server.answers[f"{API}/calendar"] = (200, some)
    page = window.open(path)
    expect(page.locator("h1")).to_have_count(1)
    assert window.violations() == []


@pytest.mark.parametrize("window", [{}, TABLET | DANISH], indirect=True, ids=["wide", "tablet-da"])
def test_no_page_breaks_the_policy_or_is_wider_than_the_screen(window: Any) -> None:
    for path in PAGES:
        page = window.open(path)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
    assert window.complaints == []


@pytest.mark.parametrize(
    ("window", "heading"),
    [({}, "Season dk-2018"), (DANISH, "Sæson dk-2018"), ({"locale": "pl"}, "Season dk-2018")],
    indirect=["window"],
)
def test_a_page_speaks_the_language_of_the_browser(window: Any, heading: str) -> None:
    page = window.open(SEASON)
    expect(page.locator("h1")).to_have_text(heading)
    expect(page).to_have_title(re.compile(heading))


def test_a_reader_may_choose_the_language(window: Any) -> None:
    page = window.open("help")
    page.get_by_role("button", name="Dansk").click()
    expect(page.locator("h1")).to_have_text("Hjælp")
    assert page.locator("html").get_attribute("lang") == "da"
    window.open("")
    expect(page.locator("h1")).to_have_text("Sæsoner")


def test_a_number_leads_to_what_it_counts_in_airflows_frame_too(window: Any) -> None:
    root, mount = window.url.rsplit("/", 1)
    window.page.goto(f"{root}/frame?src=/{mount}/{SEASON}")
    frame = window.page.frame_locator("iframe")
    link = frame.get_by_role("link", name="Optical, Jun 2018, Missing: ")
    number = int(link.inner_text())
    link.click()
    rows = frame.get_by_role("group", name="Calendar").locator("tbody tr")
    expect(rows).to_have_count(number)
    expect(rows.first).to_contain_text("Optical")
    assert window.complaints == []


def test_the_calendar_is_one_stop_of_tab_and_arrows_move_in_it(window: Any) -> None:
    page = window.open(SEASON)
    stops = page.locator(".square[tabindex='0']")
    expect(stops).to_have_count(1)
    stops.focus()
    first = page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.press("ArrowRight")
    second = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert first.startswith("Backscatter 44 A, 2 Mar 2018")
    assert second.startswith("Backscatter 44 A, 8 Mar 2018")
    page.keyboard.press("ArrowDown")
    below = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert below.startswith("Backscatter 117 A")
    expect(stops).to_have_count(1)


def test_an_expired_login_says_so_and_leads_back(window: Any) -> None:
    window.server.config["login"] = "/auth/login"
    window.server.answers[API] = (401, {"detail": "log in again"})
    page = window.open(SEASON)
    expect(page.get_by_role("alert")).to_contain_text("Your login has expired")
    link = page.get_by_role("link", name="Log in again").get_attribute("href") or ""
    assert "/auth/login?next=http" in link
    assert link.endswith("dk-2018")
    assert window.violations() == []


def test_a_trouble_is_told_and_can_be_tried_again(window: Any) -> None:
    window.server.answers[API] = (503, {"detail": "the database <b>sleeps</b>"})
    page = window.open(SEASON)
    expect(page.get_by_role("alert")).to_contain_text("the database <b>sleeps</b>")
    del window.server.answers[API]
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Passes", exact=True)).to_be_visible()


def test_an_answer_that_is_not_json_is_a_trouble_too(window: Any) -> None:
    window.server.answers[API] = (200, None)
    page = window.open(SEASON)
    expect(page.get_by_role("status")).to_have_count(0)
    expect(page.get_by_role("alert")).to_be_visible()


def test_a_page_that_the_server_cannot_give(window: Any) -> None:
    window.server.config |= {"page": "failure", "status": 404, "detail": "no season <i>x</i>"}
    page = window.open("seasons/x")
    expect(page.locator("h1")).to_have_text("This does not exist")
    expect(page.get_by_role("alert")).to_contain_text("no season <i>x</i>")
    assert page.get_by_role("link", name="All seasons").get_attribute("href") == "../"
    assert window.violations() == []


def test_an_empty_season_says_what_is_not_there_yet(window: Any) -> None:
    window.server.answers[API] = (200, NOTHING)
    window.server.answers[f"{API}/calendar"] = (200, {"rows": [], "next": None})
    page = window.open(SEASON)
    for text in ("No pass is expected yet.", "Nothing is running.", "Nothing is missing."):
        expect(page.get_by_text(text).first).to_be_visible()
    expect(page.get_by_text("Not finished yet")).to_be_visible()
    assert window.violations() == []
    assert window.complaints == []


def test_a_map_without_parcels_says_so(window: Any) -> None:
    about = {"season": "dk-2018", "extent": [-180, -85, 180, 85], "tiles": [], "colourings": []}
    window.server.answers[f"{API}/map"] = (200, about)
    page = window.open(f"{SEASON}/map")
    expect(page.get_by_text("No parcels have been loaded")).to_be_visible()
    assert window.violations() == []
    assert window.complaints == []


def test_gaps_come_page_by_page(window: Any) -> None:
    page = window.open(SEASON)
    rows = page.get_by_role("group", name="Missing passes").locator("tbody tr")
    expect(rows).to_have_count(8)
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(40)
    page.get_by_role("group", name="Missing passes").get_by_role("button", name="Tries").click()
    expect(rows.first.locator("td").nth(8)).to_have_text("0")


def test_a_chart_tells_the_cause_of_a_gap_and_has_a_table(window: Any) -> None:
    page = window.open("specimen")
    chart = page.locator("figure.chart").first
    label = chart.get_by_role("img").get_attribute("aria-label") or ""
    assert label.startswith("Backscatter VV, ascending: 30 values from 1 Mar 2018")
    assert "mowing: between 19 Jul 2018 and 31 Jul 2018" in label
    chart.locator(".u-over").hover(position={"x": 330, "y": 60})
    expect(chart).to_contain_text("nothing was acquired")
    chart.get_by_role("button", name="Show as a table").click()
    expect(chart.locator(".scroll tbody tr")).to_have_count(36 + 2 + 1)
    assert window.violations() == []


def test_a_map_is_drawn_with_its_worker(window: Any) -> None:
    page = window.open("specimen?map")
    page.locator("body[data-map]:not([data-map='0'])").wait_for(timeout=20_000)
    assert window.complaints == []


def test_a_dialog_opens_by_a_key_and_not_while_writing(window: Any) -> None:
    page = window.open("specimen")
    page.get_by_label("Note").press_sequentially("why?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_label("Note").blur()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert window.violations() == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_on_paper_there_is_the_content_only(window: Any) -> None:
    page = window.open(SEASON)
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.locator("form.choices")).to_be_hidden()
    expect(page.get_by_role("heading", name="Calendar")).to_be_visible()
