"""The map's page over the real application: tiles, legend, list and addresses, in a browser."""

from __future__ import annotations

import json
import re
import threading
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fiji_season
import map_season
import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, Page, expect
from window_client import FIXTURES, FRAME
from window_host import READER, StandIn

from dias_cbm.db.connection import Connection
from dias_cbm.window import app as window_app
from dias_cbm.window import desk

pytestmark = pytest.mark.integration

PAGE = "cbm/seasons/map-2018/map"
NEAR = "#12.5/55.85/9.8"
TABLET = {"viewport": {"width": 820, "height": 1180}, "locale": "da-DK"}
#: A picture of one pixel.
PIXEL = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGM4c/cdAAUQApjPmgb4AAAAAElFTkSuQmCC"
)
#: What the API says of a season with optical products only.
IMAGES = {
    "rows": [
        {
            "sensor": sensor,
            "title": "true colour",
            "first_zoom": 10,
            "last_zoom": 15,
            "newest_at": newest_at,
            "tiles": f"tiles/map-2018/image/{sensor}/{{z}}/{{x}}/{{y}}.webp",
            "tile_pixels": 256,
        }
        for sensor, newest_at in (("s2", "2018-05-03T10:30:21Z"), ("s1", None))
    ],
    "next": None,
}
BACKGROUND = "http://tiles.example/{z}/{x}/{y}.png"


@pytest.fixture
def site(
    connection: Connection, database: str, built: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The application below /cbm, and a page with Airflow's frame around it."""
    map_season.add(connection)
    monkeypatch.setattr(window_app, "STATIC", built)
    monkeypatch.setenv("CBM_WINDOW_BACKGROUNDS", f"Roads={BACKGROUND}")
    monkeypatch.setenv("CBM_OUTLIERS_HOLDING_ATTRIBUTE", "farm")
    inner = window_app.application(StandIn(database, READER))
    outer = FastAPI()
    outer.mount("/cbm", inner)

    @outer.get("/plugin/window/{path:path}")
    async def frame(path: str) -> HTMLResponse:
        return HTMLResponse(FRAME.format(src=f"/{path}{NEAR}"))

    own = desk.listen(0)
    server = uvicorn.Server(uvicorn.Config(outer, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [own]})
    thread.start()
    yield f"http://127.0.0.1:{own.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    own.close()
    inner.state.context.gate.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page that must not complain."""
    options: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB"}
    opened = browser.new_page(**options | getattr(request, "param", {}))
    # Where the map leads to is another page, and not looked at here.
    opened.route("**/parcels/*", lambda route: route.fulfill(body="", content_type="text/html"))
    opened.route("**/map/images", lambda route: route.fulfill(json=IMAGES))
    opened.route(
        "**/image/s2/**", lambda route: route.fulfill(body=PIXEL, content_type="image/png")
    )
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda one: complaints.append(one.text) if one.type == "error" else None)
    yield opened
    opened.close()
    assert complaints == []


def drawn(page: Page, address: str) -> Page:
    """Open an address, and wait until the map has drawn something."""
    page.goto(address)
    page.locator("body[data-map]:not([data-map='0'])").wait_for(timeout=20_000)
    expect(page.locator(".loading")).to_have_count(0)
    return page


def test_the_map_from_afar_and_back_by_its_address(site: str, page: Page) -> None:
    drawn(page, f"{site}/{PAGE}")
    expect(page).to_have_url(re.compile(r"/map#9\.\d\d/55\.8\d+/9\.\d+$"))
    rows = page.locator(".map-classes tbody tr")
    expect(rows).to_have_text([re.compile(rf"{name}.*300540$") for name in (
        "not judged", "confirmed", "inconclusive", "outlier")])  # fmt: skip
    outlier = page.get_by_role("button", name="outlier", exact=False).first
    with page.expect_response(re.compile(r"only=none&only=confirmed&only=inconclusive")) as reply:
        outlier.click()
    assert reply.value.status == 200
    expect(outlier).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_text("900 parcels")).to_be_visible()
    page.get_by_label("Holding").fill("7")
    page.get_by_label("Holding").press("Enter")
    expect(page.locator("#in-view")).not_to_contain_text("outlier")
    page.get_by_role("combobox", name="Crop", exact=True).select_option("wheat")
    expect(page).to_have_url(re.compile(r"\?crop=wheat&holding=7&hidden=outlier#"))
    page.reload()
    page.locator("body[data-map]").wait_for(timeout=20_000)
    expect(page.get_by_label("Holding")).to_have_value("7")
    expect(page.get_by_role("combobox", name="Crop", exact=True)).to_have_value("wheat")
    page.get_by_role("button", name="Hide all").click()
    expect(page.locator("#in-view")).to_contain_text("No parcel is shown")


def test_a_parcel_is_told_chosen_and_opened(site: str, page: Page) -> None:
    drawn(page, f"{site}/{PAGE}?colour=crop{NEAR}")
    page.keyboard.press("/")
    page.keyboard.type("p61")
    expect(page.locator(".map-found button")).to_have_count(10)
    page.keyboard.type("4")
    expect(page.locator(".map-found button")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(".map-chosen")).to_have_text("p614")
    expect(page).to_have_url(re.compile(r"pid=p614#15\.00/"), timeout=10_000)
    page.locator("body[data-map]:not([data-map='0'])").wait_for()
    canvas = page.locator(".map-canvas")
    box = canvas.bounding_box() or {}
    middle = {"x": box["width"] / 2 + 8, "y": box["height"] / 2 - 8}
    canvas.hover(position=middle)
    expect(page.locator(".map-told")).to_have_text(re.compile(r"^p614 · "))
    page.keyboard.press("Escape")
    expect(page.locator(".map-chosen")).to_have_count(0)
    canvas.click(position=middle)
    expect(page.locator(".map-chosen a")).to_have_attribute(
        "href", "../../seasons/map-2018/parcels/p614"
    )
    page.wait_for_timeout(400)  # or it would be the second half of a double click
    canvas.dblclick(position=middle)
    expect(page).to_have_url(f"{site}/cbm/seasons/map-2018/parcels/p614")


def test_an_address_with_a_parcel_leads_there_and_enter_opens_it(site: str, page: Page) -> None:
    drawn(page, f"{site}/{PAGE}?pid=p17")
    expect(page.locator(".map-chosen")).to_have_text("p17")
    expect(page).to_have_url(re.compile(r"#15\.00/"), timeout=10_000)
    page.locator(".map-canvas canvas").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/cbm/seasons/map-2018/parcels/p17")


def test_chosen_parcels_are_collected(site: str, page: Page, axe: Any) -> None:
    drawn(page, f"{site}/{PAGE}?pid=p5{NEAR}")
    table = page.locator("#collected tbody tr")
    expect(table).to_have_count(1)
    page.get_by_role("button", name="Show p", exact=False).first.click()
    expect(table).to_have_count(2)
    # Its class is that of the map when it was chosen.
    expect(table.nth(1)).to_contain_text(re.compile("Verdict: "))
    page.get_by_label("Coloured by").select_option("crop")
    expect(table.nth(1)).to_contain_text(re.compile("Verdict: "))
    # They are still there when the reader comes back from another page.
    page.reload()
    expect(table).to_have_count(2)
    with page.expect_download() as saved:
        page.locator("#collected").get_by_role("link", name="CSV").click()
    assert saved.value.suggested_filename == "map-2018-parcels.csv"
    lines = saved.value.path().read_text().splitlines()
    assert lines[0] == "pid,crop,area_ha,longitude,latitude,colour,class"
    assert lines[1].startswith("p5,")
    assert ",verdict," in lines[2]
    page.get_by_role("button", name="Collect those listed").click()
    assert table.count() > 20
    assert axe(page) == []
    page.get_by_role("button", name="Remove p5 from the table").click()
    expect(page.locator("#collected").get_by_role("link", name="p5", exact=True)).to_have_count(0)
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#collected")).to_have_count(0)


def test_images_of_the_chosen_parcel_lie_on_the_map(site: str, page: Page, axe: Any) -> None:
    looks = json.loads((FIXTURES / "parcel-chips.json").read_text())
    near = [[9.78, 55.87], [9.82, 55.87], [9.82, 55.83], [9.78, 55.83]]

    def about(route: Any) -> None:
        obsid = int(re.search(r"/chips/(\d+)", route.request.url)[1])
        route.fulfill(json={"obsid": obsid, "corners": near})

    page.route("**/chips", lambda route: route.fulfill(json=looks))
    page.route(re.compile(r"/chips/\d+\?"), about)
    page.route("**/chips/*.webp*", lambda one: one.fulfill(body=PIXEL, content_type="image/png"))
    drawn(page, f"{site}/{PAGE}?pid=p5{NEAR}")
    section = page.locator("#parcel")
    canvas = page.locator(".map-canvas")
    without = canvas.screenshot()
    with page.expect_response(re.compile(r"/chips/\d+\.webp")):
        section.get_by_role("checkbox", name="Lay its images on the map").check()
    expect(section).to_contain_text("S2")
    date = section.get_by_role("slider", name="Date")
    first = date.get_attribute("aria-valuetext")
    with page.expect_response(re.compile(r"/chips/\d+\.webp")):
        date.press("ArrowLeft")
    assert date.get_attribute("aria-valuetext") != first
    expect(page).to_have_url(re.compile(r"pid=p5&strip=s2&at=2018-\d\d-"))
    expect(page.locator(".loading")).to_have_count(0)
    page.locator("body[data-map]").wait_for()
    assert canvas.screenshot() != without
    assert axe(page) == []
    # An image that does not come is told, and the one before does not stand for it.
    page.route("**/chips/*.webp*", lambda one: one.fulfill(body="", content_type="text/html"))
    date.press("ArrowLeft")
    expect(section).to_contain_text("There is no image: it could not be made")
    page.unroute("**/chips/*.webp*")
    page.route("**/chips/*.webp*", lambda one: one.fulfill(body=PIXEL, content_type="image/png"))
    opacity = section.get_by_role("slider", name="Opacity")
    opacity.press("Home")
    expect(opacity).to_have_attribute("aria-valuetext", "0%")
    # The sensor and the date are in the address; another parcel has them too.
    page.reload()
    expect(section.get_by_role("checkbox", name="Lay its images on the map")).to_be_checked()
    section.get_by_label("Sensor").select_option("bs D")
    expect(page).to_have_url(re.compile(r"strip=bs\+D"))
    with page.expect_response(re.compile(r"/parcels/(?!p5/)p\d+/chips$")):
        page.get_by_role("button", name="Show p", exact=False).nth(3).click()
    expect(section.get_by_label("Sensor")).to_have_value("bs D")
    page.keyboard.press("Escape")
    expect(section).to_have_count(0)


@pytest.mark.parametrize("page", [{}, TABLET], indirect=True, ids=["wide", "tablet-da"])
def test_the_map_is_accessible_and_fits(site: str, page: Page, axe: Any) -> None:
    drawn(page, f"{site}/{PAGE}?pid=p5{NEAR}")
    expect(page.locator(".map-chosen")).to_have_text("p5")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_in_airflows_frame_the_address_of_both_is_true(site: str, page: Page) -> None:
    page.goto(f"{site}/plugin/window/{PAGE}")
    frame = page.frame_locator("iframe")
    frame.locator("body[data-map]:not([data-map='0'])").wait_for(timeout=20_000)
    frame.get_by_label("Coloured by").select_option("crop")
    expect(page).to_have_url(f"{site}/plugin/window/{PAGE}?colour=crop#12.50/55.85000/9.80000")
    # A table that only the browser has goes out of the frame too.
    frame.get_by_role("button", name="Collect those listed").click()
    with page.expect_download() as saved:
        frame.locator("#collected").get_by_role("link", name="CSV").click()
    assert saved.value.suggested_filename == "map-2018-parcels.csv"


def test_a_background_is_asked_for_once_it_is_chosen_and_nothing_else_is(
    site: str, page: Page
) -> None:
    foreign: list[str] = []
    page.route("http://tiles.example/**", lambda route: route.fulfill(
        body=PIXEL, content_type="image/png",
        headers={"Access-Control-Allow-Origin": "*"},
    ))  # fmt: skip
    page.on("request", lambda one: foreign.append(one.url) if site not in one.url else None)
    drawn(page, f"{site}/{PAGE}{NEAR}")
    assert foreign == []
    with page.expect_request(re.compile(r"tiles\.example/1\d/")):
        page.get_by_label("Background").select_option("Roads")
    with page.expect_request(re.compile(r"/cbm/tiles/map-2018/image/s2/1\d/")):
        page.get_by_label("Newest image").select_option("s2")
    expect(page.get_by_label("Newest image").locator("option")).to_have_count(2)
    expect(page.get_by_text("No image is stored of: Sentinel-1.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?background=Roads&image=s2#"))
    assert all(one.startswith("http://tiles.example/") for one in foreign)


def test_a_season_across_180_degrees_is_one_piece(
    site: str, page: Page, connection: Connection, tmp_path: Path
) -> None:
    fiji_season.add(connection, tmp_path)
    drawn(page, f"{site}/cbm/seasons/fj-2018/map")
    # All four are on one map, and so near that it is not the whole world.
    assert page.locator("body").get_attribute("data-map") == "4"
    for pid in fiji_season.WEST_OF:
        expect(page.get_by_role("link", name=pid)).to_be_visible()
    expect(page.locator(".maplibregl-ctrl-scale")).to_contain_text("km")
    page.locator("canvas.maplibregl-canvas").focus()
    page.keyboard.press("+")
    expect(page).to_have_url(re.compile(r"/map#\d+\.?\d*/-16\.\d+/-?1(79|80)\."))
