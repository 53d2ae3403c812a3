"""The digest as plain text, and as HTML that mail programs show alike."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from dias_cbm.completeness.causes import CARD_NAME, WHO_CAN_ACT, when
from dias_cbm.completeness.gaps import Gap
from dias_cbm.config.settings import settings
from dias_cbm.notices.content import Failed, MissingPass, News, Replaced
from dias_cbm.notices.refusals import Refused, SetAside
from dias_cbm.scenes import explained
from dias_cbm.transport.outages import Pause

#: Most lines in a section; the rest is only counted, ``cbm gaps list`` shows all.
MOST_LINES = 100

_SIMULATED = "Simulated data: nothing in this mail was observed by a satellite."
_COUNTS_NOTE = (
    "Counted per pass and tile. Cloudy: processed too, but with hardly a clear pixel over the"
    " parcels. Awaited: not late yet."
)
_MISSING = ("Pass", "Expected (UTC)", "Cause and evidence", "Since", "Next try", "Parcels")
_SILENT = ("Platform", "Error", "Since", "Next try")
_UNSENT = ("Alert", "Reason")
_REFUSED = ("Recipient", "Reason", "Since")
_CLOSED = ("Pass", "Expected (UTC)", "What happened", "Closed", "Parcels")
# Product names are long words and may break anywhere; dates and numbers may not break.
_WRAP = dict.fromkeys(
    ("Cause and evidence", "Error", "What happened", "Product", "Reason", "Replaced", "By"),
    ";overflow-wrap:anywhere;min-width:160px",
) | dict.fromkeys(
    ("Pass", "Expected (UTC)", "Since", "Next try", "Closed", "Parcels"), ";white-space:nowrap"
)
_DIRECTION = {"A": "ascending", "D": "descending"}

# Mail programs ignore style sheets, so every element has its style inline.
_BODY = "margin:0;background:#eef1ef;font-family:Arial,Helvetica,sans-serif;color:#1c2420"
_PAGE = "max-width:960px;margin:0 auto;background:#ffffff"
_HEAD = "background:#1d5b3a;color:#ffffff;padding:18px 24px"
_BANNER = "margin:0;background:#fff3cd;color:#5c4400;padding:10px 24px;font-size:14px"
_TITLE = "font-size:16px;margin:26px 24px 8px"
_TABLE = "border-collapse:collapse;width:100%;font-size:13px"
_HEADING = (
    "text-align:left;padding:6px 8px;border-bottom:2px solid #1d5b3a;color:#4a564f;"
    "font-weight:bold;white-space:nowrap"
)
_FRAME = "padding:0 24px;overflow-x:auto"
_CELL = "padding:7px 8px;border-bottom:1px solid #dde3df;vertical-align:top"
_DETAIL = "color:#5b665f;font-size:12px"
_NOTE = "font-size:12px;color:#5b665f;margin:6px 24px 0"
_FOOT = "font-size:13px;color:#4a564f;padding:22px 24px;margin:0;line-height:1.7"
_LINK = "color:#1d5b3a"
_PICTURE = "width:100%;max-width:912px;height:auto;margin-top:18px;border:0"


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the digest.

    :param rows: cells as text; in a cell of several lines the first is the main one.
    :param numbers: columns that are right-aligned.
    :param left_out: number of rows beyond the limit.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: frozenset[str] = frozenset()
    note: str = ""
    left_out: int = 0


def headline(news: News) -> str:
    """The numbers, as they stand in the subject."""
    share = news.share_in
    if share is None:
        return "no passes seen yet"
    # Rounded down, so that 100 % means all.
    percent = math.floor(share * 1000 + 1e-9) / 10
    gaps = "gap" if news.open_gaps == 1 else "gaps"
    parts = [f"{news.open_gaps} {gaps} open" if news.open_gaps else "no gaps open"]
    if not news.open_gaps and share == 1:
        parts = ["nothing missing"]
    if news.recovered_gaps:
        parts.append(f"{news.recovered_gaps} recovered")
    if news.given_up_gaps:
        parts.append(f"{news.given_up_gaps} given up")
    parts.append(f"{percent:g} % of expected passes processed")
    return ", ".join(parts)


def sections(news: News) -> list[Section]:
    """The tables of a digest; those without rows are left out."""
    products = ("Replaced", "By", "Signatures")
    candidates = [
        _counts(news),
        _limited("Platforms that do not answer", _SILENT, map(_silent_row, news.silent)),
        _limited("Alerts that could not be mailed", _UNSENT, map(_set_aside_row, news.set_aside)),
        _limited("Recipients that are refused", _REFUSED, map(_refused_row, news.refused)),
        _limited("Missing", _MISSING, [_missing_row(one) for one in news.missing]),
        _limited("Recovered since the last mail", _CLOSED, map(_closed_row, news.recovered)),
        _limited("Given up since the last mail", _CLOSED, map(_closed_row, news.given_up)),
        _limited("Products that failed", ("Product", "Reason"), map(_failed_row, news.failed)),
        _limited("Products replaced since the last mail", products, map(_replaced, news.replaced)),
    ]
    return [section for section in candidates if section.rows]


def links(news: News) -> list[tuple[str, str]]:
    """Links to Airflow: title and address. None without the setting ``airflow.url``."""
    base = (settings().airflow.url or "").rstrip("/")
    dags = ("cbm_gaps", *(f"cbm_{card}" for card in news.counts)) if base else ()
    return [(dag, f"{base}/dags/{dag}") for dag in dags]


def as_text(news: News) -> str:
    """The digest as plain text."""
    lines = [f"CbM season {news.season.name}, {when(news.at)}", f"{headline(news)}."]
    if news.simulated:
        lines += ["", _SIMULATED]
    for section in sections(news):
        lines += ["", section.title.upper(), *_text_rows(section)]
        lines += [part for part in (_more(section), section.note) if part]
    lines += ["", f"All gaps: cbm gaps list {news.season.name}"]
    return "\n".join([*lines, *(f"{title}: {address}" for title, address in links(news)), ""])


def as_html(news: News, picture: str = "", alternative: str = "") -> str:
    """The digest as one self-contained HTML document; every value is escaped.

    :param picture: address of the calendar picture, such as ``cid:...`` of a part of the mail.
    :param alternative: text alternative of the picture.
    """
    name = escape(news.season.name)
    banner = f'<p style="{_BANNER}">{escape(_SIMULATED)}</p>' if news.simulated else ""
    anchors = [
        f'<a href="{escape(address)}" style="{_LINK}">{escape(title)}</a>'
        for title, address in links(news)
    ]
    image = ""
    if picture:
        source, words = escape(picture, quote=True), escape(alternative, quote=True)
        image = (
            f'<div style="{_FRAME}"><img src="{source}" alt="{words}" title="{words}" width="912"'
            f' style="{_PICTURE}"></div>'
        )
    airflow = f"In Airflow: {' &middot; '.join(anchors)}<br>" if anchors else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}</title></head>'
        f'<body style="{_BODY}"><div style="{_PAGE}"><div style="{_HEAD}">'
        f'<div style="font-size:13px">CbM season {name} &middot; {escape(when(news.at))}</div>'
        f'<div style="font-size:20px;margin-top:4px">{escape(headline(news))}</div></div>'
        f"{banner}{image}{''.join(map(_html_section, sections(news)))}"
        f'<p style="{_FOOT}">{airflow}All gaps: <code>cbm gaps list {name}</code></p>'
        "</div></body></html>"
    )


def _counts(news: News) -> Section:
    rows = []
    for card, count in news.counts.items():
        missing = sum(len(one.gaps) for one in news.missing if one.first.card is card)
        awaited = sum(gap.card is card for gap in news.awaited)
        numbers = (count.expected, count.found, count.cloudy, missing, awaited, count.given_up)
        not_run = f"{count.not_run}\nfrom {count.not_run_from}" if count.not_run else "0"
        rows.append((CARD_NAME[card], *map(str, numbers), not_run))
    columns = (
        "Card",
        "Expected",
        "Processed",
        "Cloudy",
        "Missing",
        "Awaited",
        "Given up",
        "Not run yet",
    )
    return Section("Passes", columns, rows, frozenset(columns[1:]), _COUNTS_NOTE)


def _limited(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Section:
    found = list(rows)
    left_out = max(len(found) - MOST_LINES, 0)
    numbers = frozenset({"Parcels"})
    return Section(title, columns, found[:MOST_LINES], numbers, left_out=left_out)


def _pass_cell(group: MissingPass) -> str:
    gap = group.first
    direction = _DIRECTION.get(gap.direction or "", "")
    tiles = sorted(gap.tile for gap in group.gaps)
    listed = ", ".join(tiles[:3]) + (f" and {len(tiles) - 3} more" if len(tiles) > 3 else "")
    return f"{CARD_NAME[gap.card]} {gap.satellite}\norbit {gap.rel_orbit} {direction}\n{listed}"


def _expected_cell(gap: Gap) -> str:
    return f"{gap.expected_at:%Y-%m-%d}\n{gap.expected_at:%H:%M}"


def _silent_row(pause: Pause) -> Sequence[str]:
    waiting = {0: "", 1: "\n1 product is waiting for it"}
    return (
        f"{pause.platform}, {pause.service}",
        pause.error + waiting.get(pause.waiting, f"\n{pause.waiting} products are waiting for it"),
        f"{pause.since:%Y-%m-%d\n%H:%M} UTC",
        f"{pause.until:%Y-%m-%d\n%H:%M} UTC",
    )


def _set_aside_row(one: SetAside) -> Sequence[str]:
    return " ".join(one.subject.split()), f"{one.error}\ntried {one.attempts} times"


def _refused_row(one: Refused) -> Sequence[str]:
    return one.recipient, one.error, f"{one.since:%Y-%m-%d\n%H:%M} UTC"


def _missing_row(group: MissingPass) -> Sequence[str]:
    gap = group.first
    tries = [one.next_check for one in group.gaps if one.next_check]
    asked = {0: "not tried again yet", 1: "tried again once"}
    return (
        _pass_cell(group),
        _expected_cell(gap),
        f"{gap.cause}\n{gap.evidence}\nwho can act: {WHO_CAN_ACT[gap.cause]}",
        f"{min(one.found_at for one in group.gaps):%Y-%m-%d}\n"
        + asked.get(gap.attempts, f"tried again {gap.attempts} times"),
        f"{min(tries):%Y-%m-%d\n%H:%M} UTC" if tries else "none",
        f"{group.parcels:,}".replace(",", " "),
    )


def _closed_row(group: MissingPass) -> Sequence[str]:
    gap = group.first
    closed = "" if gap.closed_at is None else f"{gap.closed_at:%Y-%m-%d\n%H:%M} UTC"
    what = f"was {gap.cause}\n{gap.evidence}"
    parcels = f"{group.parcels:,}".replace(",", " ")
    return _pass_cell(group), _expected_cell(gap), what, closed, parcels


def _failed_row(one: Failed) -> Sequence[str]:
    tried = f"tried {one.attempts} times" if one.attempts != 1 else "tried once"
    product = f"{CARD_NAME[one.card]}, scene {one.obsid}\n{one.reference}\n{when(one.obstime)}"
    return product, f"{explained(one.cause, one.reason)}\n{tried}"


def _replaced(one: Replaced) -> Sequence[str]:
    signatures = (
        "extracted again from the better one" if one.extracted else "none had been extracted"
    )
    return (
        f"{CARD_NAME[one.card]}, scene {one.obsid}\n{one.reference}",
        f"scene {one.winner_id}\n{one.winner}",
        signatures,
    )


def _more(section: Section) -> str:
    return f"... and {section.left_out} more" if section.left_out else ""


def _text_rows(section: Section) -> Iterable[str]:
    """The rows as text: a table of numbers in columns, any other as one paragraph per row."""
    if section.numbers >= set(section.columns[1:]):
        yield "  ".join(f"{name:>11}" for name in section.columns)
        for row in section.rows:
            yield "  ".join(f"{cell.replace(chr(10), ' '):>11}" for cell in row)
        return
    for row in section.rows:
        first, *others = row
        yield f"* {', '.join(first.splitlines())}"
        for name, cell in zip(section.columns[1:], others, strict=True):
            yield f"    {name}: {'; '.join(cell.splitlines())}"


def _html_section(section: Section) -> str:
    headings = "".join(
        f'<th style="{_HEADING}{_aligned(section, name)}">{escape(name)}</th>'
        for name in section.columns
    )
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td style="{_CELL}{_aligned(section, name)}">{_html_cell(cell)}</td>'
            for name, cell in zip(section.columns, row, strict=True)
        )
        + "</tr>"
        for row in section.rows
    )
    notes = "".join(
        f'<p style="{_NOTE}">{escape(text)}</p>' for text in (_more(section), section.note) if text
    )
    return (
        f'<h2 style="{_TITLE}">{escape(section.title)}</h2><div style="{_FRAME}">'
        f'<table style="{_TABLE}"><thead><tr>{headings}</tr></thead><tbody>{rows}</tbody></table>'
        f"</div>{notes}"
    )


def _html_cell(cell: str) -> str:
    main, *details = cell.splitlines() or [""]
    return f"{escape(main)}" + "".join(
        f'<div style="{_DETAIL}">{escape(detail)}</div>' for detail in details
    )


def _aligned(section: Section, column: str) -> str:
    return _WRAP.get(column, "") + (";text-align:right" if column in section.numbers else "")
