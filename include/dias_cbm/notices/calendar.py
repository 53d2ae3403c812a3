"""The calendar of a season: date x relative orbit, coloured by the state of the passes."""

from __future__ import annotations

import calendar as months
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from html import escape

from dias_cbm.completeness import gaps
from dias_cbm.completeness.assessment import Judged, assess
from dias_cbm.completeness.causes import CARD_NAME
from dias_cbm.completeness.gaps import Gap, State
from dias_cbm.completeness.scene_tiles import TOLERANCE
from dias_cbm.db.connection import Connection
from dias_cbm.notices.content import simulated
from dias_cbm.scenes import Card, Cause
from dias_cbm.seasons import Season

_DAY = timedelta(days=1)


class Cell(StrEnum):
    """State of one orbit's passes on one day; of several tiles the worst, in this order."""

    MISSING = "missing"
    LATE = "late"
    AWAITED = "awaited"
    CONFIRMED = "given up"
    NOT_RUN = "not run yet"
    CLOUDY = "cloudy"
    FOUND = "processed"
    NOT_PLANNED = "not planned"


#: Colours that can be told apart with red-green blindness, and a sign for when colour is missing.
COLOUR: Mapping[Cell, str] = {
    Cell.MISSING: "#c8102e",
    Cell.LATE: "#f28e2b",
    Cell.AWAITED: "#f7d154",
    Cell.CONFIRMED: "#5b2a4f",
    Cell.NOT_RUN: "#ffffff",
    Cell.CLOUDY: "#9db7d5",
    Cell.FOUND: "#1d7a4c",
    Cell.NOT_PLANNED: "#d5d8d6",
}
SIGN: Mapping[Cell, str] = {
    Cell.MISSING: "x",
    Cell.LATE: "!",
    Cell.AWAITED: "?",
    Cell.CONFIRMED: "-",
    Cell.NOT_RUN: "o",
    Cell.CLOUDY: "~",
    Cell.FOUND: "",
    Cell.NOT_PLANNED: "",
}
_DARK = (Cell.MISSING, Cell.CONFIRMED, Cell.FOUND)
_WITHOUT_USE = (Cause.CLOUDY, Cause.NO_PARCELS)
_OPEN = {State.PENDING: Cell.AWAITED, State.LATE: Cell.LATE}


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One row of the calendar: a card on a relative orbit."""

    card: Card
    rel_orbit: int
    direction: str

    @property
    def label(self) -> str:
        """Its name, e.g. ``CARD-BS 44 A``."""
        return f"{CARD_NAME[self.card]} {self.rel_orbit} {self.direction}".rstrip()


@dataclass(frozen=True, slots=True)
class Calendar:
    """A season's passes by line and day (UTC).

    :param cells: only where a pass was expected.
    :param tiles: how many tiles each cell stands for, by state.
    """

    season: str
    first: date
    last: date
    simulated: bool
    lines: Sequence[Line]
    cells: Mapping[tuple[Line, date], Cell]
    tiles: Mapping[tuple[Line, date], Counter[Cell]]

    @property
    def days(self) -> int:
        """Days from the first to the last."""
        return (self.last - self.first).days + 1

    @property
    def title(self) -> str:
        """Heading of the picture."""
        note = " (simulated data)" if self.simulated else ""
        return f"Passes of season {self.season}{note}, {self.first} to {self.last}"

    def summary(self) -> str:
        """The calendar in one sentence, as alternative text of the picture."""
        counts = Counter(self.cells.values())
        listed = ", ".join(f"{counts[cell]} {cell}" for cell in Cell if counts[cell])
        return f"{self.title}, one square per orbit and day: {listed or 'none expected'}"


def gather(connection: Connection, season: Season, now: datetime | None = None) -> Calendar:
    """The calendar as of now, with the gaps of the last refresh. Writes nothing.

    :param now: instead of the present; aware UTC.
    """
    assessment = assess(connection, season, now or datetime.now(UTC))
    known = by_pass(gaps.rows(connection, season))
    tiles: dict[tuple[Line, date], Counter[Cell]] = {}
    for one in assessment.judged:
        expected = one.expected
        line = Line(expected.card, expected.rel_orbit, expected.direction or "")
        tiles.setdefault((line, expected.at.date()), Counter())[
            cell_of(one, gap_of(one, known))
        ] += 1
    for passes in assessment.not_run.values():
        for expected in passes:
            line = Line(expected.card, expected.rel_orbit, expected.direction or "")
            tiles.setdefault((line, expected.at.date()), Counter())[Cell.NOT_RUN] += 1
    worst = {key: next(cell for cell in Cell if counts[cell]) for key, counts in tiles.items()}
    return Calendar(
        season.name,
        season.starts,
        season.ends,
        simulated(connection, season),
        sorted({line for line, _ in worst}, key=_order),
        worst,
        tiles,
    )


def by_pass(known: Iterable[Gap]) -> dict[tuple[object, ...], list[Gap]]:
    """Gaps by card, satellite, relative orbit and tile, for :func:`gap_of`."""
    found: dict[tuple[object, ...], list[Gap]] = {}
    for gap in known:
        found.setdefault((gap.card, gap.satellite, gap.rel_orbit, gap.tile), []).append(gap)
    return found


def gap_of(one: Judged, known: Mapping[tuple[object, ...], Sequence[Gap]]) -> Gap | None:
    """The recorded gap of a pass over a tile; None if it has none."""
    expected = one.expected
    key = (expected.card, expected.satellite, expected.rel_orbit, expected.tile)
    near = (gap for gap in known.get(key, ()) if abs(gap.expected_at - expected.at) <= TOLERANCE)
    return next(near, None)


def cell_of(one: Judged, gap: Gap | None) -> Cell:
    """The state of a pass over a tile, with its gap."""
    cause = one.verdict.cause
    if cause is None:
        return Cell.FOUND
    if cause is Cause.NOT_PLANNED:
        return Cell.NOT_PLANNED
    if cause in _WITHOUT_USE:
        return Cell.CLOUDY
    if gap is None:
        return Cell.AWAITED if cause is Cause.PENDING else Cell.MISSING
    return Cell.CONFIRMED if gap.state is State.CONFIRMED else _OPEN.get(gap.state, Cell.MISSING)


def as_png(calendar: Calendar) -> bytes:
    """The calendar as a PNG picture."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch, Rectangle

    rows = max(len(calendar.lines), 1)
    # In a long season a day would be too thin to see; passes of an orbit are days apart.
    width = max(1.0, calendar.days / 150)
    figure = Figure(figsize=(12, 1.7 + 0.32 * rows), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for (line, day), cell in calendar.cells.items():
        x, y = (day - calendar.first).days, calendar.lines.index(line)
        edge = "#4a564f" if cell is Cell.NOT_RUN else "white"
        axes.add_patch(
            Rectangle((x, y), width, 1, facecolor=COLOUR[cell], edgecolor=edge, linewidth=0.6)
        )
        if calendar.days <= 200:
            colour = "white" if cell in _DARK else "#1c2420"
            middle = (x + width / 2, y + 0.5, SIGN[cell])
            axes.text(*middle, ha="center", va="center", fontsize=9, color=colour)
    axes.set(xlim=(0, calendar.days), ylim=(rows, 0))
    axes.set_yticks(
        [row + 0.5 for row in range(len(calendar.lines))],
        [line.label for line in calendar.lines],
        fontsize=9,
    )
    ticks = _ticks(calendar)
    axes.set_xticks(list(ticks), list(ticks.values()), fontsize=9, ha="left")
    axes.set_title(calendar.title, loc="left", fontsize=11, fontweight="bold")
    axes.tick_params(length=0)
    axes.grid(axis="x", color="#c5ccc8", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    legend = [
        Patch(facecolor=COLOUR[cell], edgecolor="#4a564f", linewidth=0.5, label=_named(cell))
        for cell in Cell
    ]
    figure.legend(
        handles=legend, loc="outside lower left", ncols=len(legend), fontsize=8, frameon=False
    )
    stream = io.BytesIO()
    figure.savefig(stream, format="png", metadata={"Software": None})
    return stream.getvalue()


def as_html(calendar: Calendar) -> str:
    """The calendar as a table in a self-contained HTML document."""
    days = [calendar.first + number * _DAY for number in range(calendar.days)]
    heads = "".join(
        f'<th colspan="{span}" style="text-align:left;border-left:1px solid #c5ccc8">{name}</th>'
        for name, span in _month_spans(days)
    )
    rows = "".join(
        f'<tr><th style="text-align:left;white-space:nowrap;padding-right:8px">'
        f"{escape(line.label)}</th>{''.join(_html_cell(calendar, line, day) for day in days)}</tr>"
        for line in calendar.lines
    )
    legend = "".join(
        f'<span style="margin-right:14px;white-space:nowrap"><span style="{_style(cell)};'
        f'display:inline-block;width:14px;text-align:center">{SIGN[cell] or "&nbsp;"}</span>'
        f" {escape(cell)}</span>"
        for cell in Cell
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(calendar.title)}</title></head>"
        '<body style="font:13px Arial,Helvetica,sans-serif;color:#1c2420;margin:24px">'
        f'<h1 style="font-size:18px">{escape(calendar.title)}</h1>'
        f"<p>{escape(calendar.summary())}.</p><p>{legend}</p>"
        '<div style="overflow-x:auto"><table style="border-collapse:collapse;font-size:11px">'
        f"<thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table></div></body></html>"
    )


def _order(line: Line) -> tuple[int, str, int]:
    return list(Card).index(line.card), line.direction, line.rel_orbit


def _named(cell: Cell) -> str:
    return f"{cell} ({SIGN[cell]})" if SIGN[cell] else cell.value


def _style(cell: Cell) -> str:
    border = "#4a564f" if cell is Cell.NOT_RUN else "#ffffff"
    colour = "#ffffff" if cell in _DARK else "#1c2420"
    return f"background:{COLOUR[cell]};color:{colour};border:1px solid {border}"


def _html_cell(calendar: Calendar, line: Line, day: date) -> str:
    cell = calendar.cells.get((line, day))
    left = ";border-left:1px solid #c5ccc8" if day.day == 1 else ""
    if cell is None:
        return f'<td style="min-width:9px{left}"></td>'
    tiles = ", ".join(f"{count} {name}" for name, count in calendar.tiles[line, day].items())
    title = f"{line.label} {day}: {tiles} (tiles)"
    style = f"{_style(cell)};min-width:9px;text-align:center"
    return f'<td title="{escape(title)}" style="{style}">{SIGN[cell]}</td>'


def _month_spans(days: Sequence[date]) -> list[tuple[str, int]]:
    spans = Counter(day.replace(day=1) for day in days)
    return [(f"{months.month_abbr[day.month]} {day.year}", n) for day, n in sorted(spans.items())]


def _ticks(calendar: Calendar) -> dict[int, str]:
    """Position -> label: the first of each month, and in short seasons each Monday."""
    ticks = {}
    for number in range(calendar.days):
        day = calendar.first + number * _DAY
        if day.day == 1 or number == 0:
            ticks[number] = f"{day.day} {months.month_abbr[day.month]}"
        elif calendar.days <= 100 and day.weekday() == 0 and day.day > 3:
            ticks[number] = str(day.day)
    return ticks
