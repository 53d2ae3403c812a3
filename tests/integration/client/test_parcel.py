"""The page of a parcel in a browser, with prepared answers."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import expect
from window_client import FIXTURES

pytestmark = pytest.mark.integration

TABLET_DA = {"viewport": {"width": 820, "height": 1180}, "locale": "da-DK"}
PARCEL = "seasons/dk-2018/parcels/1%2F204"
#: As the work list opens it.
WALK = f"{PARCEL}?kind_of_item=outlier&kind=outlier&sort=wrong"
API = "api/v1/seasons/dk-2018/parcels/1%2F204"
DECISIONS = "api/v1/seasons/dk-2018/decisions"
DECIDER = {"rights": ["read", "decide"]}
HISTORY = json.loads((FIXTURES / "parcel-decisions.json").read_text())["rows"]


@pytest.mark.parametrize("window", [{}, TABLET_DA], indirect=True, ids=["wide", "tablet-da"])
def test_the_page_is_accessible_and_breaks_no_policy(window: Any) -> None:
    window.server.config |= DECIDER
    page = window.open(WALK)
    page.get_by_role("checkbox").nth(4).check()
    expect(page.locator(".note", has_text="42")).to_be_visible()
    page.locator("#images").scroll_into_view_if_needed()
    expect(page.locator(".picture path.outline")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert window.violations() == []
    assert window.complaints == []


@pytest.mark.parametrize("window", [{}, TABLET_DA], indirect=True, ids=["wide", "tablet-da"])
def test_facts_and_signs_have_their_own_places(window: Any) -> None:
    # Styles of other pages must not reach into this one.
    page = window.open(PARCEL)
    expect(page.locator("#verdict dl dd").first).to_be_visible()
    below = "all => all.every(one => one.offsetTop >= one.previousElementSibling.offsetTop + 10)"
    assert page.locator("#verdict dl dd").evaluate_all(below)
    signs = page.locator("#signal fieldset svg")
    widths = signs.evaluate_all("all => all.map(one => one.getBoundingClientRect().width)")
    assert set(widths) == {28}
    brand = page.locator("header img, header svg").first.bounding_box()
    assert brand["y"] >= 6


def test_a_gap_says_why_there_is_no_evidence(window: Any) -> None:
    page = window.open(PARCEL)
    chart = page.locator("#signal figure.chart").first
    chart.scroll_into_view_if_needed()
    plot = chart.locator(".u-over")
    box = plot.bounding_box()
    # Backscatter is missing in May, a third into the season.
    plot.hover(position={"x": box["width"] * 0.34, "y": 20})
    said = "No evidence from 1 May 2018 to 25 May 2018 because it was acquired, but the platform"
    expect(chart.locator(".told")).to_contain_text(said)
    # The cursor moves in all charts; the descending passes are all there.
    descending = page.locator("#signal figure.chart", has_text="VV: Backscatter, descending")
    expect(descending.locator(".told")).to_be_empty()
    expect(descending.locator(".u-value").first).to_contain_text("2018-05")
    row = page.locator("#gaps tbody tr", has_text="Backscatter, ascending")
    expect(row).to_contain_text("it was acquired, but the platform has not published")


def test_every_chart_has_its_table_and_csv(window: Any) -> None:
    page = window.open(PARCEL)
    charts = page.locator("#signal figure.chart")
    expect(charts).to_have_count(7)
    for at in range(7):
        href = charts.nth(at).get_by_role("link", name="CSV").get_attribute("href") or ""
        assert href.startswith(f"../../../{API}/series?format=csv&card=")
    charts.first.get_by_role("button", name="Show as a table").click()
    expect(charts.first.locator(".scroll thead")).to_contain_text("declared: winter wheat")
    expect(charts.first.locator(".scroll tbody")).to_contain_text("No evidence from")
    page.get_by_text("Choose charts").click()
    page.get_by_role("checkbox", name="B04").check()
    expect(charts).to_have_count(8)


def test_each_part_says_its_own_failure(window: Any) -> None:
    for part in ("verdict", "series", "gaps", "chips", "markers", "schemes", "decisions"):
        window.server.answers[f"{API}/{part}"] = (503, {"detail": f"no {part} <i>now</i>"})
    window.server.answers[f"{API}/weather"] = (404, {"detail": "the season has no weather"})
    page = window.open(PARCEL)
    for part, place in (("verdict", "verdict"), ("series", "signal"), ("gaps", "gaps"),
                        ("chips", "images"), ("schemes", "schemes")):  # fmt: skip
        expect(page.locator(f"#{place}")).to_contain_text(f"no {part} <i>now</i>")
    expect(page.locator("#evidence tbody tr")).to_have_count(12)
    expect(page.locator("#weather")).to_contain_text("No weather was loaded")
    del window.server.answers[f"{API}/verdict"]
    page.locator("#verdict").get_by_role("button", name="Try again").click()
    expect(page.locator("#verdict")).to_contain_text("In VH, 4 dB above")


def test_nothing_is_there_yet(window: Any) -> None:
    for part in ("gaps", "markers", "evidence", "decisions", "chips"):
        window.server.answers[f"{API}/{part}"] = (200, {"rows": [], "next": None, "notes": []})
    window.server.answers[f"{API}/series"] = (200, {"series": [], "missed": [], "scenes": {}})
    nothing = {"newest": None, "explanation": None, "because": "no run", "history": []}
    window.server.answers[f"{API}/verdict"] = (200, nothing)
    window.server.answers[f"{API}/schemes"] = (200, {"because": "no rules", "verdicts": []})
    page = window.open(PARCEL)
    for text in ("No run has judged", "Nothing was observed", "Nobody has decided yet",
                 "There are no looks", "No scheme has been judged"):  # fmt: skip
        expect(page.get_by_text(text)).to_be_visible()
    assert window.violations() == []
    assert window.complaints == []


def test_a_parcel_that_does_not_exist(window: Any) -> None:
    window.server.answers[API] = (404, {"error": "season dk-2018 has no such parcel: 1/204"})
    page = window.open(PARCEL)
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_role("alert")).to_contain_text("has no such parcel")
    # An identifier keeps its letters.
    window.server.answers[API] = (404, {"detail": "p12: season dk-2018 has no such parcel"})
    said = window.open(PARCEL).get_by_role("alert").get_by_text("p12: season")
    first = "one => getComputedStyle(one, '::first-letter').textTransform"
    assert said.evaluate(first) == "none"


def test_two_dates_stand_side_by_side_and_move_by_click_and_slider(window: Any) -> None:
    page = window.open(PARCEL)
    images = page.locator("#images")
    images.scroll_into_view_if_needed()
    heads = images.locator(".pane-head")
    images.get_by_role("button", name=re.compile("^9 Mar")).click()
    expect(heads.first).to_contain_text("9 Mar 2018")
    images.get_by_role("radio", name="right").check()
    # Its product is gone: the page says so, and since when.
    images.get_by_role("button", name=re.compile("19 Mar")).click()
    expect(images.locator(".pane").nth(1)).to_contain_text("deleted, known since 2018-09-01")
    images.get_by_role("slider", name="right").press("ArrowRight")
    expect(heads.nth(1)).to_contain_text("24 Mar 2018")
    expect(images.locator(".image.decisive").first).to_contain_text("★")
    near = "api/v1/seasons/dk-2018/parcels/1/204/chips/4774/pixels"
    counts = [*[0] * 34, 3, 1, *[0] * 4]
    window.server.answers[near] = (
        200, {"pixels": 4, "ndvi": counts, "red": [0.05] * 4, "nir": [0.4] * 4},
    )  # fmt: skip
    images.get_by_text("Pixels of the parcel").first.click()
    expect(
        images.get_by_role("img", name="NDVI of 4 clear pixels; half reach 0.73")
    ).to_be_visible()
    images.get_by_role("checkbox", name="Leave out clouds").check()
    expect(images.locator(".picture img").first).to_have_attribute(
        "src", re.compile("clear_only=true")
    )
    images.get_by_role("checkbox", name="Outline").uncheck()
    expect(images.locator(".picture path")).to_have_count(0)
    images.get_by_label("Sensor").select_option("bs D")
    expect(heads.first).to_contain_text("descending")


def test_an_inspector_decides_and_goes_on_by_keyboard(window: Any) -> None:
    window.server.config |= DECIDER
    answer = {"decision": HISTORY[0], "newer": [], "told": None, "repeated": False}
    window.server.answers[f"POST {DECISIONS}"] = (201, answer)
    page = window.open(WALK)
    expect(page.get_by_text("12 of 560")).to_be_visible()
    page.keyboard.press("2")
    page.get_by_label("True crop").fill("maize")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    # The way through the list is kept in the address.
    assert page.url.endswith("/parcels/2%20a%2F7?kind=outlier&sort=wrong&kind_of_item=outlier")
    ((path, body),) = window.server.sent
    assert path == f"POST {DECISIONS}"
    sent = (body["pid"], body["finding"], body["true_crop"], body["run"], body["seen"])
    assert sent == ("1/204", "wrong", "maize", 7, 41)
    expect(page.get_by_text("Before: wrong: maize")).to_be_visible()
    page.keyboard.press("s")
    expect(page.get_by_role("radio", name="wrong")).to_be_checked()
    expect(page.get_by_label("True crop")).to_have_value("maize")
    # A field without text leaves the keys to the page.
    page.get_by_role("radio", name="unclear").click()
    with page.expect_navigation():
        page.keyboard.press("p")
    assert "/parcels/1%2F12?" in page.url


def test_what_is_to_be_done_goes_into_the_note(window: Any) -> None:
    window.server.config |= DECIDER
    answer = {"decision": HISTORY[0], "newer": [], "told": None, "repeated": False}
    window.server.answers[f"POST {DECISIONS}"] = (201, answer)
    page = window.open(PARCEL)
    page.get_by_label("Note").fill("wet")
    wanted = page.get_by_role("button", name="Visit wanted")
    wanted.click()
    expect(wanted).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="New pass wanted").press("Enter")
    wanted.press("Space")
    expect(wanted).to_have_attribute("aria-pressed", "false")
    page.get_by_role("radio", name="unclear").check()
    assert window.violations() == []
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".saved")).to_be_visible()
    ((_, body),) = window.server.sent
    assert body["note"] == "New pass wanted\nwet"


def test_who_decides_later_is_told_of_the_earlier_and_stays(window: Any) -> None:
    window.server.config |= DECIDER
    answer = {"decision": HISTORY[0], "newer": [HISTORY[2]], "told": "", "repeated": False}
    window.server.answers[f"POST {DECISIONS}"] = (201, answer)
    page = window.open(WALK)
    page.get_by_role("radio", name="wrong").check()
    page.get_by_role("button", name="Save and next").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Others have decided meanwhile")
    expect(alert).to_contain_text("bo, 4 Oct 2018, 13:00 UTC: right")
    assert "1%2F204" in page.url


def test_a_decision_is_taken_back_by_a_new_row(window: Any) -> None:
    window.server.config |= DECIDER
    window.server.answers[f"POST {DECISIONS}"] = (
        409,
        {"error": "decision 41: was taken back already"},
    )
    page = window.open(PARCEL)
    page.get_by_role("button", name="Take back the decision of ida").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Take back").click()
    expect(dialog).to_contain_text("was taken back already")
    answer = {"decision": HISTORY[0], "newer": [], "told": None, "repeated": False}
    window.server.answers[f"POST {DECISIONS}"] = (201, answer)
    dialog.get_by_role("button", name="Take back").click()
    expect(dialog).to_have_count(0)
    assert window.server.sent[-1][1] == {"pid": "1/204", "withdraws": 41, "seen": 41}


def test_the_quality_sample_is_worked_through_beside_the_parcel(window: Any) -> None:
    window.server.config |= DECIDER
    around = json.loads((FIXTURES / "season-work-around.json").read_text())
    item = {"kind": "quality", "scheme": "meadow", "pid": "1/204", "finding": "compliant"}
    beside = {**item, "pid": "2/7"}
    answer = {**around, "item": item, "next": beside, "page_after": "k", "sample": 3}
    window.server.answers["api/v1/seasons/dk-2018/work/around"] = (200, answer)
    found = {"id": 9, "bucket": "meadow", "pid": "1/204", "finding": "not_compliant"}
    found |= {"inspector": "Anna", "recorded_at": "2018-08-12T09:00:00Z", "replaced_by": None}
    name = "POST api/v1/seasons/dk-2018/quality/findings"
    window.server.answers[name] = (201, {"finding": found, "newer": [], "repeated": False})
    page = window.open(f"{PARCEL}?kind_of_item=quality&scheme_of_item=meadow&kind=quality")
    form = page.locator("#decision")
    expect(form).to_contain_text("Found so far for meadow: compliant.")
    # Its page of the list, and its row there.
    back = page.get_by_role("link", name="Back to the list").get_attribute("href") or ""
    assert back.endswith("/work?kind=quality&after=k#quality:meadow:1%2F204")
    page.keyboard.press("3")
    page.keyboard.press("Control+Enter")
    # Who cannot tell says why: nothing was sent.
    expect(form.get_by_label("Why nobody can tell")).to_be_focused()
    assert window.server.sent == []
    assert window.violations() == []
    form.get_by_label("not compliant").check()
    form.get_by_label("Why").fill("ploughed")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    assert "/parcels/2%2F7?kind=quality&kind_of_item=quality&scheme_of_item=meadow" in page.url
    sent = {"sample": 3, "group": "meadow", "pid": "1/204", "finding": "not_compliant"}
    assert window.server.sent == [(name, {**sent, "reason": "ploughed", "photo": None})]
    expect(page.get_by_text("Before: not compliant")).to_be_visible()


def test_other_classes_count_as_clear_and_the_dates_are_played(window: Any) -> None:
    page = window.open(PARCEL)
    chart = page.locator("#signal figure.chart", has_text="NDVI: Optical")
    gaps = chart.get_by_role("img")
    before = gaps.get_attribute("aria-label")
    page.get_by_text("Choose what counts as clear").click()
    page.get_by_role("checkbox", name="cloud, high probability").check()
    expect(gaps).to_have_attribute("aria-label", re.compile(", 0 gaps"))
    page.get_by_role("button", name="As in the settings").click()
    expect(gaps).to_have_attribute("aria-label", before or "")
    images = page.locator("#images")
    clear_only = images.get_by_role("checkbox", name="Only clear dates")
    all_dates = images.locator("button.image").count()
    clear_only.check()
    assert images.locator("button.image").count() < all_dates
    shown = images.locator(".pane-head").first.inner_text()
    images.get_by_role("button", name="Play the dates").click()
    expect(images.locator(".pane-head").first).not_to_have_text(shown)
    images.get_by_role("button", name="Stop").click()


def test_a_date_is_left_out_of_charts_and_images(window: Any) -> None:
    page = window.open(f"{WALK}&left_out=1")
    images = page.locator("#images")
    # A scene that is not the parcel's own is nothing to be told of.
    expect(page.locator(".left-out")).to_have_count(0)
    dates = images.locator("button.image").count()
    head = images.locator(".pane-head").first
    images.get_by_role("button", name=re.compile("^9 Mar")).click()
    expect(head).to_contain_text("9 Mar 2018")
    other = images.locator(".pane-head b").nth(1).inner_text()
    leave = images.get_by_role("button", name="Leave out 9 Mar 2018")
    leave.focus()
    page.keyboard.press("Enter")
    expect(head).not_to_contain_text("9 Mar 2018")
    expect(images.locator(".pane-head b").nth(1)).to_have_text(other)
    expect(images.locator("button.image")).to_have_count(dates - 1)
    assert re.search(r"kind_of_item=outlier.*left_out=1&left_out=\d+$", page.url)
    page.reload()
    chart = page.locator("#signal figure.chart", has_text="NDVI: Optical")
    chart.get_by_role("button", name="Show as a table").click()
    row = chart.locator(".scroll tbody tr", has_text="left out by the reader")
    expect(row).to_contain_text("2018-03-09")
    expect(page.locator("#signal .left-out")).to_contain_text("9 Mar 2018, Optical")
    assert window.violations() == []
    page.locator("#signal").get_by_role("button", name="Show 9 Mar 2018, Optical again").click()
    expect(page.locator(".left-out")).to_have_count(0)
    expect(row).to_have_count(0)
    # Looks without an image too: by the chain of evidence.
    page.locator("#evidence tbody").get_by_role("checkbox").first.check()
    expect(page.locator("#signal .left-out li")).to_have_count(1)
    page.locator("#signal").get_by_role("button", name="Show all again").click()
    assert "left_out" not in page.url
    assert window.complaints == []


def test_two_band_sets_of_the_same_dates(window: Any) -> None:
    answer = json.loads((FIXTURES / "parcel-chips.json").read_text())
    for one in answer["rows"]:
        if one["card"] == "s2":
            one |= {"bands": "false_colour", "image": one["image"].replace("true", "false")}

    def infrared(route: Any) -> None:
        route.fulfill(json=answer)

    page = window.open(PARCEL)
    page.route(re.compile(r"/chips\?bands=false_colour"), infrared)
    images = page.locator("#images")
    images.get_by_label("Second image").select_option("false_colour")
    expect(images.locator(".pane").first.locator(".picture img")).to_have_count(2)
    expect(images.locator(".pane").first.get_by_text("infrared", exact=True)).to_be_visible()
    below = images.locator(".pane").first.get_by_role("img", name=re.compile("infrared"))
    expect(below).to_have_attribute("src", re.compile("bands=false_colour"))
    images.get_by_role("slider", name="left").press("ArrowRight")
    expect(images.locator(".picture img")).to_have_count(4)
    assert window.violations() == []
    # The same colours twice would tell nothing, and radar has no others.
    images.get_by_label("Sensor").select_option("bs D")
    expect(images.get_by_label("Second image")).to_have_count(0)
    expect(images.locator(".picture img")).to_have_count(2)
    assert window.complaints == []


def test_a_parcel_is_gone_to_by_its_identifier(window: Any) -> None:
    page = window.open("seasons/dk-2018")
    page.keyboard.press("/")
    page.keyboard.type("1/204")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.endswith("/seasons/dk-2018/parcels/1%2F204")


def test_who_may_not_decide_sees_the_history_only(window: Any) -> None:
    page = window.open(PARCEL)
    decision = page.locator("#decision")
    expect(decision).to_contain_text("You may look at this parcel")
    expect(decision).to_contain_text("seen from the road <b>twice</b>")
    expect(decision.get_by_role("button")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("next parcel of the list")
    expect(page.get_by_role("dialog")).not_to_contain_text("Same as before")


def test_the_sheet_on_paper_has_no_form_but_what_was_seen(window: Any) -> None:
    window.server.config |= DECIDER
    page = window.open(WALK)
    page.emulate_media(media="print")
    for hidden in (".decide", ".around", "fieldset.layers", "#images .scroll"):
        expect(page.locator(hidden).first).to_be_hidden()
    for shown in ("#verdict", "#signal", "#gaps", "#decision", "#images .picture"):
        expect(page.locator(shown).first).to_be_visible()
