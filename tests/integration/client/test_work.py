"""The work list, passes, products and API keys in a browser, with prepared answers."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.integration

SEASON = "seasons/dk-2018"
API = "api/v1/seasons/dk-2018"
LIST = f"{SEASON}/work"
RIGHTS = {"rights": ["read", "decide", "operate"], "can_operate": True}


@pytest.fixture
def window(window: Any) -> Any:
    """A window of somebody with all rights."""
    window.server.config |= RIGHTS
    return window


def focused(page: Page) -> str:
    """The text of what has the focus."""
    text: str = page.evaluate("document.activeElement.textContent")
    return text


def test_the_list_is_walked_by_keys_and_a_parcel_knows_the_list(window: Any) -> None:
    page = window.open(f"{LIST}?kind=outlier&crop=maize")
    page.keyboard.press("j")
    assert focused(page) == "1/200"
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("k")
    assert focused(page) == "2/201"
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next parcel")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="<b>7&</b>/ø 1", exact=True).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/parcels/**")
    address = urlsplit(page.url)
    assert unquote(address.path.rpartition("/")[2]) == "<b>7&</b>/ø 1"
    assert parse_qs(address.query) == {
        "kind_of_item": ["outlier"],
        "kind": ["outlier"],
        "crop": ["maize"],
    }


def test_who_comes_back_goes_on_to_the_next_page(window: Any) -> None:
    page = window.open(LIST)
    rows = page.locator("table.work tbody tr")
    expect(rows).to_have_count(19)
    last = page.get_by_role("link", name="3/218", exact=True)
    last.click()
    page.wait_for_url("**/parcels/**")
    page.go_back()
    expect(last).to_be_focused()
    page.keyboard.press("j")
    expect(rows).to_have_count(22)


def test_a_filter_is_an_address(window: Any) -> None:
    page = window.open(f"{LIST}?after=k")
    expect(page.get_by_text("The list begins where you left it.")).to_be_visible()
    page.get_by_role("combobox", name="Crop").fill("permanent grassland")
    page.get_by_role("combobox", name="State").select_option("to do")
    page.get_by_role("combobox", name="With").select_option("nobody")
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**crop=**")
    query = parse_qs(urlsplit(page.url).query, keep_blank_values=True)
    assert query == {"crop": ["permanent grassland"], "decided": ["false"], "assigned": [""]}
    expect(page.get_by_role("combobox", name="With")).to_have_value("nobody")
    csv = page.get_by_role("link", name="CSV").get_attribute("href") or ""
    assert "crop=permanent+grassland&assigned=&decided=false&format=csv" in csv
    page.get_by_role("link", name="Wrong").click()
    page.wait_for_url("**sort=wrong**")
    head = page.get_by_role("columnheader", name="Wrong")
    assert head.get_attribute("aria-sort") == "descending"


def test_parcels_are_assigned_and_who_had_them_is_said(window: Any) -> None:
    name = f"POST {API}/work/assignments"
    reply = {"changed": 2, "taken": [{"pid": "4/203", "before": "bo"}]}
    window.server.answers[name] = (201, reply)
    page = window.open(LIST)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.get_by_label("Choose parcel 4/203").check()
    page.get_by_role("button", name="Assign to me").click()
    expect(page.get_by_text("2 parcels were assigned.")).to_contain_text("4/203 (bo)")
    assert window.server.sent == [(name, {"pids": ["1/200", "4/203"], "assignee": "Anna"})]
    row = page.locator("table.work tbody tr").nth(3)
    expect(row).to_contain_text("Anna")
    window.server.answers[name] = (404, {"detail": "season dk-2018 has no such parcel"})
    page.get_by_label("Choose parcel 4/203").check()
    page.get_by_role("button", name="Assign to nobody").click()
    expect(page.get_by_role("alert")).to_contain_text("has no such parcel")


def test_a_reader_changes_nothing(window: Any) -> None:
    window.server.config["rights"] = ["read"]
    page = window.open(LIST)
    expect(page.locator("input[type=checkbox]")).to_have_count(0)
    expect(page.get_by_role("button", name="Note finding")).to_have_count(0)
    page.get_by_role("columnheader", name="Parcel").wait_for()
    page = window.open(f"{SEASON}/passes/4703")
    expect(page.get_by_role("button", name="Ask again now")).to_have_count(0)


def test_the_quality_sample_is_worked_through_from_the_list(window: Any) -> None:
    name = f"POST {API}/quality/findings"
    found = {"id": 9, "bucket": "extensive_meadow", "pid": "2/217", "finding": "cannot_tell"}
    found |= {"inspector": "Anna", "recorded_at": "2018-08-12T09:00:00Z", "replaced_by": "9/9"}
    earlier = {**found, "inspector": "bo", "finding": "compliant", "replaced_by": None}
    reply = {"finding": found, "newer": [earlier], "repeated": False}
    window.server.answers[name] = (201, reply)
    page = window.open(LIST)
    page.get_by_role("link", name="2/217", exact=True).focus()
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("cannot tell").check()
    dialog.get_by_role("button", name="Save").click()
    # A reason is needed: nothing is sent yet.
    assert window.server.sent == []
    assert window.violations() == []
    dialog.get_by_label("Why nobody can tell").fill("flooded")
    dialog.get_by_role("button", name="Save").click()
    said = page.get_by_text("Parcel 2/217: cannot tell.")
    expect(said).to_contain_text("Parcel 9/9 takes its place")
    expect(said).to_contain_text("bo has found before: compliant")
    item = {"sample": 1, "group": "extensive_meadow", "pid": "2/217"}
    sent = {**item, "finding": "cannot_tell", "reason": "flooded", "photo": None}
    assert window.server.sent == [(name, sent)]
    page.get_by_role("button", name="Finding on parcel 3/218").click()
    expect(dialog.get_by_role("button", name="Same as before: cannot tell")).to_be_visible()


def test_an_operator_starts_a_run_and_is_led_to_it(window: Any) -> None:
    path = "dags/cbm_bs/runs/manual__2018-08-15T06%3A12%3A00%2B00%3A00"
    name, run = f"POST {API}/runs", "manual__2018-08-15T06:12:00+00:00"
    window.server.answers[name] = (409, {"detail": "the DAG is paused"})
    page = window.open(f"{SEASON}/passes/4703")
    page.get_by_role("button", name="Reprocess Backscatter of 3 May 2018").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Start").click()
    expect(dialog.get_by_role("alert")).to_contain_text("This cannot be done")
    expect(dialog.get_by_role("alert")).to_contain_text("the DAG is paused")
    window.server.answers[name] = (202, {"dag": "cbm_bs", "run": run, "path": path})
    dialog.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Started:")).to_contain_text(run)
    link = page.get_by_role("link", name="Open the run in Airflow").get_attribute("href")
    assert link == f"../../../../{path}"
    assert window.server.sent[-1][1] == {"what": "run_day", "card": "bs", "day": "2018-05-03"}


def test_a_pass_and_a_product_tell_why(window: Any) -> None:
    gone = {"detail": "the store has no such product any more"}
    window.server.answers[f"{API}/products/4703/quicklook"] = (410, gone)
    page = window.open(f"{SEASON}/passes/4703")
    expect(page.locator("h1")).to_have_text("S1A, orbit 44 A, 3 May 2018, 17:00 UTC")
    table = page.get_by_role("group", name="Products of the pass")
    expect(table).to_contain_text("measurement/iw-vv.tiff ends early at byte 81,920")
    look = page.get_by_role("figure").filter(has_text="4703")
    expect(look).to_contain_text("the store has no such product any more")
    expect(page.get_by_role("img", name="Quick look of 4704")).to_be_visible()
    table.get_by_role("link", name="CARD_BS").first.click()
    expect(page.locator("h1")).to_contain_text("CARD_BS")
    extraction = page.get_by_role("group", name="Extraction")
    expect(extraction).to_contain_text("the grid of VV <b>is not</b> that of VH")
    page.get_by_role("link", name="All of the pass").click()
    page.wait_for_url("**/passes/4703")


def test_a_key_is_shown_once_and_revoked(window: Any) -> None:
    row = {"id": 4, "label": "QGIS", "user_name": "Anna", "rights": ["read"], "seasons": None}
    made = {"key": "cbm_secret", "row": row}
    window.server.answers["POST api/v1/keys"] = (201, made)
    window.server.answers["DELETE api/v1/keys/3"] = (204, None)
    page = window.open("keys")
    page.get_by_label("What it is for").fill("QGIS")
    page.get_by_label("dk-2018").check()
    page.get_by_role("button", name="Make the key").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("The key")).to_have_value("cbm_secret")
    assert window.violations() == []
    dialog.get_by_role("button", name="Close").click()
    assert "cbm_secret" not in page.content()
    wish = {"label": "QGIS", "days": 90, "rights": ["read"], "seasons": ["dk-2018"]}
    assert window.server.sent == [("POST api/v1/keys", wish)]
    page.get_by_role("button", name="Revoke QGIS at the office").click()
    dialog.get_by_role("button", name="Revoke", exact=True).click()
    expect(dialog).to_have_count(0)
    assert window.server.sent[-1] == ("DELETE api/v1/keys/3", None)
