"""The calendar's two forms, from a hand-made season."""

import io
from collections import Counter
from datetime import date

import lxml.html
import numpy as np
import pytest
from matplotlib import colors, image

from dias_cbm.notices.calendar import COLOUR, SIGN, Calendar, Cell, Line, as_html, as_png
from dias_cbm.scenes import Card

EVENING = Line(Card.BS, 44, "A")
NOON = Line(Card.S2, 108, "D")


def make(cells: dict[tuple[Line, date], Cell], last: date = date(2018, 6, 10)) -> Calendar:
    return Calendar(
        "dk<2018>",
        date(2018, 5, 1),
        last,
        True,
        [EVENING, NOON],
        cells,
        {key: Counter({cell: 2}) for key, cell in cells.items()},
    )


SMALL = {
    (EVENING, date(2018, 5, 3)): Cell.FOUND,
    (EVENING, date(2018, 5, 9)): Cell.MISSING,
    (NOON, date(2018, 6, 1)): Cell.CLOUDY,
}


def test_the_table_has_a_cell_for_each_day_and_says_what_became_of_it() -> None:
    page = lxml.html.fromstring(as_html(make(SMALL)))
    rows = page.findall(".//tbody/tr")
    assert [row.findtext("th") for row in rows] == ["CARD-BS 44 A", "CARD-2A 108 D"]
    assert {len(row.findall("td")) for row in rows} == {41}
    missing = rows[0].findall("td")[8]
    assert missing.text == SIGN[Cell.MISSING]
    assert COLOUR[Cell.MISSING] in missing.get("style")
    assert missing.get("title") == "CARD-BS 44 A 2018-05-09: 2 missing (tiles)"
    assert rows[0].findall("td")[9].get("title") is None
    heads = [(head.text, head.get("colspan")) for head in page.findall(".//thead//th")[1:]]
    assert heads == [("May 2018", "31"), ("Jun 2018", "10")]
    assert page.findtext(".//h1") == (
        "Passes of season dk<2018> (simulated data), 2018-05-01 to 2018-06-10"
    )


def test_nothing_outside_is_needed() -> None:
    html = as_html(make(SMALL))
    assert "http" not in html
    assert "<script" not in html


def test_it_is_told_in_one_sentence() -> None:
    told = "one square per orbit and day: 1 missing, 1 cloudy, 1 processed"
    assert make(SMALL).summary().endswith(told)
    assert make({}).summary().endswith("none expected")


@pytest.mark.parametrize("last", [date(2018, 6, 10), date(2018, 12, 31)])
def test_the_picture_shows_each_state_in_its_colour(last: date) -> None:
    pixels = image.imread(io.BytesIO(as_png(make(SMALL, last))))[..., :3]
    legend = 12 * 110 * 25  # pixels below which a colour is only a legend's

    def area(cell: Cell) -> int:
        return int((np.abs(pixels - colors.to_rgb(COLOUR[cell])).max(axis=-1) < 0.01).sum())

    seen = {cell: area(cell) for cell in Cell if cell is not Cell.NOT_RUN}
    assert min(seen.values()) > 0, "the legend shows every colour"
    assert min(seen[cell] for cell in SMALL.values()) > 1.5 * seen[Cell.NOT_PLANNED]
    assert max(seen.values()) < legend


def test_an_empty_season_has_a_picture() -> None:
    empty = Calendar("x", date(2018, 5, 1), date(2018, 6, 1), False, [], {}, {})
    assert as_png(empty).startswith(b"\x89PNG")
    assert "none expected" in as_html(empty)


def test_the_states_can_be_told_apart_without_colour() -> None:
    signs = [SIGN[cell] for cell in Cell if cell not in (Cell.FOUND, Cell.NOT_PLANNED)]
    assert len(set(signs)) == len(signs)
    assert all(signs)
    assert len(set(COLOUR.values())) == len(Cell)
