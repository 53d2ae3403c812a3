"""The ranked list of a quality sample: one row per parcel and group of interventions.

A row has the five columns of JRC's QUASSA, and two more if the list has them: the claimed area in
hectares and the colour that the monitoring gave.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dias_cbm.errors import SampleError
from dias_cbm.quality.csv_files import rows_of, text_of

REQUIRED = ("gsa_par_id", "gsa_hol_id", "ua_grp_id", "covered")
RANKING = "ranking"
EXTRA = ("claim_area", "colour")
COLOURS = ("green", "red", "yellow", "open")


@dataclass(frozen=True, slots=True)
class Row:
    """One group of interventions claimed for one parcel.

    :param covered: whether very-high-resolution imagery covers the parcel.
    :param ranking: random rank of the parcel, 1 first.
    :param area: claimed area in hectares; NaN if not known.
    :param colour: green, red, yellow or open; empty if not known.
    """

    parcel: str
    holding: str
    group: str
    covered: bool
    ranking: int
    area: float = math.nan
    colour: str = ""


@dataclass(frozen=True, slots=True)
class RankedList:
    """The list that a sample is drawn from.

    :param rows: in the order of the file.
    :param extra: which of the optional columns the list has.
    """

    rows: Sequence[Row]
    extra: Sequence[str] = field(default=())

    @property
    def groups(self) -> dict[str, int]:
        """Rows per group, in the order in which the list names the groups first."""
        return dict(Counter(row.group for row in self.rows))

    @property
    def holdings(self) -> int:
        """Number of holdings."""
        return len({row.holding for row in self.rows})

    def text(self) -> str:
        """The list as CSV, always written in the same way, so that its hash proves its content."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow((*REQUIRED, RANKING, *self.extra))
        for row in self.rows:
            writer.writerow((*cells(row), *(_extra_cell(row, name) for name in self.extra)))
        return stream.getvalue()

    def sha256(self) -> str:
        """Hash of :meth:`text` in UTF-8."""
        return hashlib.sha256(self.text().encode()).hexdigest()


def cells(row: Row) -> tuple[str, str, str, int, int]:
    """A row as the five columns of QUASSA."""
    return row.parcel, row.holding, row.group, int(row.covered), row.ranking


def read(path: Path, seed: int | None = None) -> RankedList:
    """Read a list from CSV.

    :param seed: rank the parcels with it, if the file has no column ``ranking``.
    :raises SampleError: the file cannot be used; the subject names the row.
    """
    return parse(text_of(path), str(path), seed)


def parse(text: str, name: str, seed: int | None = None) -> RankedList:
    """A list from the text of a CSV file.

    :param name: for messages.
    :param seed: rank the parcels with it, if there is no column ``ranking``.
    :raises SampleError: the text cannot be used; the subject names the row.
    """
    columns, found = rows_of(text, name, REQUIRED)
    ranked = RANKING in columns
    if not ranked and seed is None:
        hint = "give a seed: it ranks the parcels in a way that can be repeated"
        raise SampleError("the list has no column ranking", subject=name, hint=hint)
    if ranked and seed is not None:
        hint = "leave the seed out, or take the column ranking out of the list"
        raise SampleError("the list has a ranking and a seed is given too", subject=name, hint=hint)
    rows = [_row(cell, f"{name} row {number}") for number, cell in enumerate(found, 1)]
    if not rows:
        raise SampleError("the list is empty", subject=name)
    _check(rows, name)
    made = RankedList(rows, tuple(one for one in EXTRA if one in columns))
    return made if seed is None else rank(made, seed)


def rank(unranked: RankedList, seed: int) -> RankedList:
    """Give every parcel a random rank, and sort the rows by it.

    Parcels are ordered by SHA-256 of ``SEED:PARCEL``: any tool can repeat that, and neither the
    order of the file nor the version of a library has a say.
    """
    parcels = sorted({row.parcel for row in unranked.rows}, key=lambda one: (_key(seed, one), one))
    place = {parcel: number for number, parcel in enumerate(parcels, 1)}
    rows = [replace(row, ranking=place[row.parcel]) for row in unranked.rows]
    return replace(unranked, rows=sorted(rows, key=lambda row: (row.ranking, row.group)))


def _key(seed: int, parcel: str) -> str:
    return hashlib.sha256(f"{seed}:{parcel}".encode()).hexdigest()


def _row(cell: Mapping[str, str], where: str) -> Row:
    text = {name: cell.get(name, "") for name in (*REQUIRED, RANKING, *EXTRA)}
    empty = [name for name in REQUIRED if not text[name]]
    if empty or (RANKING in cell and not text[RANKING]):
        raise SampleError(f"{(*empty, RANKING)[0]} is empty", subject=where)
    if text["covered"] not in ("0", "1"):
        raise SampleError(f"covered is {text['covered']!r}, not 0 or 1", subject=where)
    if text["colour"] and text["colour"] not in COLOURS:
        known = ", ".join(COLOURS)
        raise SampleError(f"colour is {text['colour']!r}, not one of {known}", subject=where)
    return Row(
        text["gsa_par_id"],
        text["gsa_hol_id"],
        text["ua_grp_id"],
        text["covered"] == "1",
        _whole(text[RANKING], where) if RANKING in cell else 0,
        area_of(text["claim_area"], where) if text["claim_area"] else math.nan,
        text["colour"],
    )


def _whole(text: str, where: str) -> int:
    try:
        value = int(text)
    except ValueError:
        raise SampleError(f"ranking is {text!r}, not a whole number", subject=where) from None
    return value


def area_of(text: str, where: str) -> float:
    """A claimed area in hectares, with at most four decimals as JRC's specification asks.

    :raises SampleError: it is not a positive number of hectares.
    """
    try:
        value = float(text)
    except ValueError:
        raise SampleError(f"claim_area is {text!r}, not a number", subject=where) from None
    if not (math.isfinite(value) and value > 0):
        raise SampleError(f"claim_area is {text}, not a positive area", subject=where)
    if round(value, 4) != value:
        raise SampleError(f"claim_area is {text}: more than 4 decimals", subject=where)
    return value


def _check(rows: Iterable[Row], name: str) -> None:
    """One holding and one rank per parcel, and no row twice."""
    seen: set[tuple[str, str]] = set()
    known: dict[str, Row] = {}
    for number, row in enumerate(rows, 1):
        where = f"{name} row {number}"
        if (row.parcel, row.group) in seen:
            raise SampleError(
                f"parcel {row.parcel} is listed twice for group {row.group}", subject=where
            )
        seen.add((row.parcel, row.group))
        first = known.setdefault(row.parcel, row)
        if first.holding != row.holding:
            raise SampleError(
                f"parcel {row.parcel} is of holding {row.holding} here,"
                f" and of {first.holding} in a row above",
                subject=where,
            )
        if first.ranking != row.ranking:
            raise SampleError(
                f"parcel {row.parcel} has rank {row.ranking} here, and {first.ranking} in a row"
                " above",
                subject=where,
            )


def _extra_cell(row: Row, name: str) -> str:
    if name == "colour":
        return row.colour
    return "" if math.isnan(row.area) else f"{row.area:.4f}"
