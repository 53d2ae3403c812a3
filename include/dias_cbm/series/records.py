"""Rows of a file as records of the season: parcel, day, card, band, and what has no place in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dias_cbm.cards import Card
from dias_cbm.days import day_number, day_of
from dias_cbm.errors import SeriesError
from dias_cbm.record_files import Piece, Texts, pieces
from dias_cbm.seasons import Season
from dias_cbm.series.layouts import STATISTICS, Reading
from dias_cbm.series.units import Units, without_infinity

Meaning = TypeVar("Meaning")

DIRECTIONS = ("*", "A", "D")

_EXAMPLES = 5
_CLASSES = ("SCL", "SC")
_NO_OBSERVATION = -1
_DIRECTION = {
    "": "*", "*": "*", "A": "A", "ASC": "A", "ASCENDING": "A",
    "D": "D", "DESC": "D", "DESCENDING": "D",
}  # fmt: skip


@dataclass(slots=True)
class Counts:
    """Rows of a file, and those that are left out, each counted once.

    :param unknown_parcels: examples of parcels that the season does not have.
    """

    rows: int = 0
    no_value: int = 0
    classes: int = 0
    of_unknown_parcels: int = 0
    outside_season: int = 0
    impossible: int = 0
    repeated: int = 0
    second_observations: int = 0
    unknown_parcels: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Records:
    """Rows that have a place in the season.

    :param keys: int64[n] by name: ``blk``, ``pos``, ``card``, ``band`` (both positions in the names
        collected by :class:`Collected`), ``day`` (since 1970-01-01), ``direction``,
        ``observation``.
    :param statistics: float32[n] for each of ``STATISTICS``.
    """

    keys: Mapping[str, NDArray[np.int64]]
    statistics: Sequence[NDArray[np.float32]]


@dataclass(slots=True)
class Collected:
    """What is known after all rows are read.

    :param cards: names, in the order of their codes.
    :param bands: names, in the order of their codes.
    """

    units: Units
    counts: Counts = field(default_factory=Counts)
    cards: list[str] = field(default_factory=list)
    bands: list[str] = field(default_factory=list)


def read(
    path: Path,
    reading: Reading,
    season: Season,
    places: Mapping[str, tuple[int, int]],
    collected: Collected,
) -> Iterator[Records]:
    """Read the records of a file a piece at a time.

    :param places: block and position of each parcel of the season.
    :param collected: filled while reading.
    :raises SeriesError: a row without a parcel, or with what is not a day, card or direction.
    """
    for piece in pieces(path, reading.texts, reading.numbers):
        collected.counts.rows += piece.rows
        yield _records(_Rows(path, reading, piece), season, places, collected)


@dataclass(frozen=True, slots=True)
class _Rows:
    path: Path
    reading: Reading
    piece: Piece

    def texts(self, name: str, constant: str = "") -> Texts:
        """A field of all rows, where the file has no column for it a constant."""
        column = self.reading.columns.get(name)
        if column is None:
            return Texts(np.zeros(self.piece.rows, np.int64), [constant])
        return self.piece.texts[column]

    def each(
        self, texts: Texts, what: str, understand: Callable[[str], Meaning | None]
    ) -> list[Meaning]:
        """The meaning of each text.

        :raises SeriesError: one has none; the message names its row.
        """
        found = []
        for number, text in enumerate(texts.values):
            meaning = understand(text)
            if meaning is None:
                row = self.piece.first + int(np.flatnonzero(texts.code == number)[0])
                raise SeriesError(f"row {row}: {text[:60]!r} is not {what}", subject=self.path)
            found.append(meaning)
        return found


def _records(
    rows: _Rows,
    season: Season,
    places: Mapping[str, tuple[int, int]],
    collected: Collected,
) -> Records:
    counts = collected.counts
    pid, band = rows.texts("pid"), rows.texts("band", rows.reading.band or "")
    days, card = rows.texts("date"), rows.texts("card")
    numbers = {name: rows.piece.numbers[column] for name, column in _columns(rows.reading)}
    rows.each(pid, "a parcel", lambda text: text or None)
    found = np.array([places.get(text, (-1, -1)) for text in pid.values], np.int64).reshape(-1, 2)
    place = found[pid.code]
    day = np.array(rows.each(days, "a day such as 2018-05-31", day_of), np.int64)[days.code]
    named = rows.each(
        _joined(card, band), "a band of a known card; say --card", _naming(rows.reading)
    )
    pair = _joined(card, band).code
    is_class = np.array([name in _CLASSES for _, name in named], bool)[pair]

    keep = np.ones(rows.piece.rows, bool)
    usable = np.isfinite(numbers["mean"])
    if "count" in numbers:
        usable &= ~(numbers["count"] <= 0)
    counts.no_value += _leave(keep, ~usable)
    counts.classes += _leave(keep, is_class)
    counts.of_unknown_parcels += _leave(keep, place[:, 0] < 0)
    first, last = day_number(season.starts), day_number(season.ends)
    counts.outside_season += _leave(keep, (day < first) | (day > last))
    if len(counts.unknown_parcels) < _EXAMPLES:
        unknown = [
            "".join(one if one.isprintable() else "?" for one in text[:60])
            for text, (blk, _) in zip(pid.values, found, strict=True)
            if blk < 0
        ]
        merged = dict.fromkeys([*counts.unknown_parcels, *unknown])
        counts.unknown_parcels = list(merged)[:_EXAMPLES]

    statistics = [np.full(rows.piece.rows, np.nan, np.float32) for _ in STATISTICS]
    for number, (card_name, band_name) in enumerate(named):
        here = np.flatnonzero(keep & (pair == number))
        if not len(here):
            continue
        values, possible = collected.units.convert(
            card_name, band_name, {name: one[here] for name, one in numbers.items()}
        )
        for column, one in zip(statistics, without_infinity(values, len(here)), strict=True):
            column[here] = one
        keep[here[~possible]] = False
    counts.impossible = collected.units.impossible
    directions = rows.texts("direction")
    direction = rows.each(directions, "the direction of an orbit", _direction_of)
    keys = {
        "blk": place[:, 0],
        "pos": place[:, 1],
        "card": np.array([_code(collected.cards, name) for name, _ in named], np.int64)[pair],
        "band": np.array([_code(collected.bands, name) for _, name in named], np.int64)[pair],
        "day": day,
        "direction": np.array(direction, np.int64)[directions.code],
        "observation": _observations(rows.texts("observation")),
    }
    return Records({name: one[keep] for name, one in keys.items()}, [s[keep] for s in statistics])


def _columns(reading: Reading) -> list[tuple[str, str]]:
    return [(name, column) for name, column in reading.columns.items() if name in STATISTICS]


def _leave(keep: NDArray[np.bool_], without: NDArray[np.bool_]) -> int:
    """Leave rows out; the number of those that were not left out before."""
    gone = keep & without
    keep &= ~without
    return int(gone.sum())


def _code(names: list[str], name: str) -> int:
    if name not in names:
        names.append(name)
    return names.index(name)


def _joined(first: Texts, second: Texts) -> Texts:
    """Two texts of each row as one, with a tabulator between them."""
    pairs, code = np.unique(first.code * len(second.values) + second.code, return_inverse=True)
    split = (divmod(int(pair), len(second.values)) for pair in pairs)
    return Texts(code, [f"{first.values[a]}\t{second.values[b]}" for a, b in split])


def _observations(texts: Texts) -> NDArray[np.int64]:
    """Numbers of observations; a text that is not a number counts as unknown."""
    numbers = [
        int(text) if re.fullmatch(r"\d{1,18}", text) else _NO_OBSERVATION for text in texts.values
    ]
    return np.array(numbers, np.int64)[texts.code]


def _direction_of(text: str) -> int | None:
    known = _DIRECTION.get(text.upper())
    # Sen4CAP's column may hold the number of an orbit, which does not tell the direction.
    if known is None and re.fullmatch(r"\d{1,3}", text):
        known = "*"
    return None if known is None else DIRECTIONS.index(known)


def _naming(reading: Reading) -> Callable[[str], tuple[str, str] | None]:
    """How a row's card and band are found in ``card<TAB>band``."""

    def understand(text: str) -> tuple[str, str] | None:
        card, _, band = text.partition("\t")
        return card_and_band(card or reading.card or "", band)

    return understand


def card_and_band(card: str, band: str) -> tuple[str, str] | None:
    """The card and this system's name of a band; None if it is not known.

    JRC's ``VVb`` and ``VHc`` are VV of backscatter and VH of coherence; ``B2`` is B02.

    :param card: empty: by the name of the band.
    """
    name = band.strip()
    if not name or len(name) > 40 or not name.isprintable():
        return None
    by_name = None
    if match := re.fullmatch(r"(VV|VH|HH|HV)_?([bc])", name, re.IGNORECASE):
        name = match[1].upper()
        by_name = Card.BS if match[2].lower() == "b" else Card.C6
    elif re.fullmatch(r"B\d{1,2}A?|SCL?|NDVI|NDMI|NDWI", name, re.IGNORECASE):
        name = name.upper()
        if match := re.fullmatch(r"B(\d)", name):
            name = f"B0{match[1]}"
        by_name = Card.S2
    if not card:
        return None if by_name is None else (by_name.value, name)
    if card.lower() not in set(Card):
        return None
    return card.lower(), name
