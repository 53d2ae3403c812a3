"""The calendar of a season: each day and relative orbit, tile by tile, with what to open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from dias_cbm.completeness.expected import ExpectedPass
from dias_cbm.notices.calendar import COLOUR, SIGN, Cell, by_pass, cell_of, gap_of
from dias_cbm.scenes import Card
from dias_cbm.window.data.passes_of_season import Passes


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile of a pass.

    :param gap: id of its gap.
    :param cause: of the gap, or why it is of no use.
    """

    tile: str
    state: Cell
    cause: str | None = None
    gap: int | None = None


@dataclass(slots=True)
class Square:
    """One card on one relative orbit on one day (UTC).

    :param state: of its tiles the worst.
    :param acquisition: id of a scene of the pass, the address of its page; None: none was seen.
    :param counts: tiles by state.
    """

    card: Card
    rel_orbit: int
    direction: str
    satellite: str
    date: date
    expected_at: datetime
    state: Cell = Cell.NOT_PLANNED
    acquisition: int | None = None
    tiles: list[Tile] = field(default_factory=list)
    counts: Mapping[Cell, int] = field(default_factory=dict)


def squares(found: Passes, cards: Sequence[Card] = tuple(Card)) -> list[Square]:
    """The calendar, by card, direction, orbit and day."""
    known = by_pass(found.gaps)
    made: dict[tuple[Any, ...], Square] = {}
    for one in found.assessment.judged:
        gap = gap_of(one, known)
        square = _square(made, one.expected, found)
        cause = one.verdict.cause
        square.tiles.append(
            Tile(
                one.expected.tile,
                cell_of(one, gap),
                None if cause is None else str(cause),
                None if gap is None else gap.id,
            )
        )
    for waiting in found.assessment.not_run.values():
        for expected in waiting:
            _square(made, expected, found).tiles.append(Tile(expected.tile, Cell.NOT_RUN))
    chosen = [one for one in made.values() if one.card in cards]
    for square in chosen:
        square.tiles.sort(key=lambda one: one.tile)
        square.counts = Counter(one.state for one in square.tiles)
        square.state = next(cell for cell in Cell if cell in square.counts)
    order = list(Card)
    return sorted(
        chosen,
        key=lambda one: (order.index(one.card), one.direction, one.rel_orbit, one.expected_at),
    )


def legend() -> list[dict[str, str]]:
    """State, colour and sign, from the worst to the best."""
    return [{"state": cell, "colour": COLOUR[cell], "sign": SIGN[cell]} for cell in Cell]


def _square(made: dict[tuple[Any, ...], Square], expected: ExpectedPass, found: Passes) -> Square:
    day = expected.at.date()
    key = (expected.card, expected.rel_orbit, expected.direction, expected.satellite, day)
    square = made.get(key)
    if square is None:
        square = made[key] = Square(
            expected.card,
            expected.rel_orbit,
            expected.direction or "",
            expected.satellite,
            day,
            expected.at,
        )
    if square.acquisition is None:
        near = found.assessment.sightings.near(
            expected.rel_orbit, expected.tile, expected.at, expected.satellite
        )
        own = [one.obsid for one in near if one.card is expected.card]
        square.acquisition = min(own or (one.obsid for one in near), default=None)
    return square
