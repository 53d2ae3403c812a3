"""The digest's text and HTML, made from hand-made news."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import lxml.html
import pytest

from dias_cbm.completeness.causes import Evidence, Limits, decide
from dias_cbm.completeness.expected import ExpectedPass
from dias_cbm.completeness.gaps import Gap, State
from dias_cbm.completeness.scene_tiles import Sighting
from dias_cbm.notices import mail
from dias_cbm.notices.content import Count, Failed, MissingPass, News, Replaced, by_pass
from dias_cbm.scenes import Card, Cause, Kind, Status
from dias_cbm.seasons import Season

NOW = datetime(2018, 6, 20, 6, 0, tzinfo=UTC)
AT = datetime(2018, 6, 3, 17, 2, 11, tzinfo=UTC)
SEASON = Season(
    1,
    "dk-2018",
    b"",
    (9, 56, 10, 57),
    25832,
    date(2018, 1, 1),
    date(2018, 5, 1),
    date(2018, 6, 30),
    5,
)


def gap(**more: object) -> Gap:
    values = {
        "id": 1,
        "season": 1,
        "card": Card.BS,
        "satellite": "S1B",
        "rel_orbit": 44,
        "direction": "A",
        "tile": "32VNH",
        "expected_at": AT,
        "cause": Cause.NOT_ACQUIRED,
        "evidence": "the catalogue lists <nothing> & more",
        "state": State.MISSING,
        "parcels": 1200,
        "found_at": NOW - timedelta(days=2),
        "checked_at": NOW,
        "attempts": 2,
        "next_check": NOW + timedelta(hours=6),
        "closed_at": None,
        "obsid": None,
    }
    return Gap(**values | more)


def closed(state: State = State.RECOVERED, **more: object) -> Gap:
    return gap(state=state, next_check=None, closed_at=NOW - timedelta(hours=1), **more)


def news(**more: object) -> News:
    values = {
        "season": SEASON,
        "at": NOW,
        "counts": {Card.BS: Count(13, 10, 0), Card.S2: Count(4, 3, 1, 0, 2, date(2018, 6, 19))},
        "missing": by_pass([gap()]),
        "awaited": [],
        "recovered": [],
        "given_up": [],
        "replaced": [],
        "failed": [],
        "items": [],
        "quiet_items": [],
        "simulated": False,
    }
    return News(**values | more)


def tables(html: str) -> dict[str, list[list[str]]]:
    tree = lxml.html.fromstring(html)
    return {
        heading.text_content(): [
            [cell.text_content() for cell in row] for row in heading.getnext().iter("tr")
        ]
        for heading in tree.iter("h2")
    }


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (news(), "1 gap open, 82.3 % of expected passes processed"),
        (news(missing=by_pass([gap(), gap(tile="32VMH")])), "2 gaps open, 82.3 % of expected"),
        (
            news(recovered=by_pass([closed()])),
            "1 gap open, 1 recovered, 82.3 % of expected passes processed",
        ),
        (
            news(missing=[], counts={Card.BS: Count(9, 9, 0)}),
            "nothing missing, 100 % of expected passes processed",
        ),
        (news(missing=[]), "no gaps open, 82.3 % of expected passes processed"),
        (
            news(missing=[], given_up=by_pass([closed(State.CONFIRMED)])),
            "no gaps open, 1 given up, 82.3 % of expected passes processed",
        ),
        (news(missing=[], counts={}), "no passes seen yet"),
    ],
)
def test_the_headline_has_the_numbers(told: News, expected: str) -> None:
    assert mail.headline(told).startswith(expected)


def test_a_hundred_per_cent_means_all() -> None:
    assert "99.9 %" in mail.headline(news(counts={Card.BS: Count(10_000, 9_999, 0)}))


def test_every_value_is_escaped() -> None:
    html = mail.as_html(news())
    assert "&lt;nothing&gt; &amp; more" in html
    assert "<nothing>" not in html
    hostile = replace(SEASON, name="<script>alert(1)</script>")
    assert "<script" not in mail.as_html(news(season=hostile))


def test_html_and_text_tell_the_same_gap() -> None:
    told = news()
    row = tables(mail.as_html(told))["Missing"][1]
    assert row == [
        "CARD-BS S1Borbit 44 ascending32VNH",
        "2018-06-0317:02",
        "not_acquiredthe catalogue lists <nothing> & more"
        "who can act: the platform, if it was acquired at all",
        "2018-06-18tried again 2 times",
        "2018-06-2012:00 UTC",
        "1 200",
    ]
    text = mail.as_text(told)
    for part in (
        "CARD-BS S1B, orbit 44 ascending, 32VNH",
        "Expected (UTC): 2018-06-03; 17:02",
        "not_acquired; the catalogue lists <nothing> & more",
        "Next try: 2018-06-20; 12:00 UTC",
        "Parcels: 1 200",
    ):
        assert part in text


def test_the_cause_is_told_once() -> None:
    row = Sighting(
        5,
        Kind.CARD_BS,
        "S1B",
        44,
        AT,
        "32VNH",
        card=Card.BS,
        reference="BROKEN",
        status=Status.FAILED,
        cause=Cause.CORRUPT,
        reason="/eodata/BROKEN/VV.img: 12 bytes, expected 400",
        attempts=1,
    )
    expected = ExpectedPass(Card.BS, "S1B", 44, "A", "32VNH", AT)
    verdict = decide(expected, Evidence([row]), Limits(timedelta(hours=48), now=NOW))
    told = news(missing=by_pass([gap(cause=verdict.cause, evidence=verdict.evidence)]))
    (line,) = [line for line in mail.as_text(told).splitlines() if "BROKEN" in line]
    assert line == (
        "    Cause and evidence: corrupt; BROKEN: VV.img: 12 bytes, expected 400 (tried once);"
        " who can act: the platform"
    )


def test_the_counts_add_up() -> None:
    told = news(awaited=[gap(state=State.PENDING, card=Card.S2)])
    assert tables(mail.as_html(told))["Passes"][1:] == [
        ["CARD-BS", "13", "10", "0", "1", "0", "0", "0"],
        ["CARD-2A", "4", "3", "1", "0", "1", "0", "2from 2018-06-19"],
    ]


def test_all_sections_appear_when_there_is_something_to_tell() -> None:
    told = news(
        recovered=by_pass([closed(id=2, evidence="extracted from LATE_ONE")]),
        given_up=by_pass([closed(State.CONFIRMED, id=3)]),
        replaced=[Replaced(4, "OLD", Card.S2, AT, 9, "NEW", True)],
        failed=[Failed(5, "BROKEN", Card.BS, AT, Cause.CORRUPT, "short", 3)],
    )
    found = tables(mail.as_html(told))
    assert list(found) == [
        "Passes",
        "Missing",
        "Recovered since the last mail",
        "Given up since the last mail",
        "Products that failed",
        "Products replaced since the last mail",
    ]
    text = mail.as_text(told)
    for part in ("LATE_ONE", "OLD", "NEW", "BROKEN", "corrupt: short", "tried 3 times"):
        assert part in text


def test_one_pass_over_many_tiles_is_one_line() -> None:
    tiles = [f"32V{letter}H" for letter in "KLMNPQRS"]
    found = by_pass(
        [
            gap(id=n, tile=tile, expected_at=AT + timedelta(seconds=n))
            for n, tile in enumerate(tiles)
        ]
    )
    assert [len(one.gaps) for one in found] == [8]
    assert found[0].parcels == 9600
    assert "32VMH and 5 more" in mail.as_text(news(missing=found))


def test_passes_are_told_apart() -> None:
    others = [
        gap(id=2, rel_orbit=139),
        gap(id=3, satellite="S1A"),
        gap(id=4, cause=Cause.CORRUPT),
        gap(id=5, expected_at=AT + timedelta(days=12)),
        gap(id=6, card=Card.C6),
    ]
    assert len(by_pass([gap(), *others])) == 6


def test_what_is_beyond_the_limit_is_counted() -> None:
    many = [MissingPass([gap(id=n)]) for n in range(mail.MOST_LINES + 7)]
    told = news(missing=many)
    assert "... and 7 more" in mail.as_text(told)
    assert len(tables(mail.as_html(told))["Missing"]) == mail.MOST_LINES + 1


def test_simulated_data_are_labelled() -> None:
    assert "Simulated data" not in mail.as_text(news()) + mail.as_html(news())
    told = news(simulated=True)
    assert "Simulated data" in mail.as_text(told)
    assert "Simulated data" in mail.as_html(told)


def test_links_into_airflow_when_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "http" not in mail.as_text(news())
    monkeypatch.setenv("CBM_AIRFLOW_URL", "https://airflow.example.org/")
    assert "cbm_gaps: https://airflow.example.org/dags/cbm_gaps" in mail.as_text(news())
    tree = lxml.html.fromstring(mail.as_html(news()))
    assert [link[2].rpartition("/")[2] for link in tree.iterlinks()] == [
        "cbm_gaps",
        "cbm_bs",
        "cbm_s2",
    ]


def test_the_calendar_is_shown_with_words_for_those_who_cannot_see_it() -> None:
    page = lxml.html.fromstring(mail.as_html(news(), "cid:calendar@x", 'one "square" <per> day'))
    (image,) = page.findall(".//img")
    assert image.get("src") == "cid:calendar@x"
    assert image.get("alt") == 'one "square" <per> day'
    assert lxml.html.fromstring(mail.as_html(news())).findall(".//img") == []
