"""Files of decisions: read from CSV, checked whole, recorded all or nothing and only once."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dias_cbm.csv_cells import cell
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.errors import DecisionError, NotEnoughData
from dias_cbm.outliers import decisions, sample, tables
from dias_cbm.outliers.decisions import Decision
from dias_cbm.outliers.finding import Finding, Source
from dias_cbm.whole_file import whole_file

REQUIRED = ("pid", "finding", "made_at")
OPTIONAL = ("by", "true_crop", "run", "note")

# Columns of a sample's file that tell the inspector what the list says.
_TOLD = ("rank", "declared", "predicted", "status")

_MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class Imported:
    """Result of an import.

    :param recorded: decisions added.
    :param known: lines that were recorded before.
    :param waiting: lines without a finding; they can be imported when they have one.
    :param ignored: columns that are not part of a decision.
    """

    sha256: str
    recorded: int
    known: int
    waiting: int
    ignored: tuple[str, ...]


def import_file(connection: Connection, season: int, path: Path, by: str | None = None) -> Imported:
    """Record the decisions of a CSV file; does not commit.

    The columns are ``pid``, ``finding``, ``made_at`` and, if wanted, ``by``, ``true_crop``, ``run``
    and ``note``. The same file again, or a longer version of it, adds only what is new.

    :param season: id of the season.
    :param by: who decided, where the file does not say it.
    :raises DecisionError: a line is wrong; nothing is recorded.
    """
    table = tables.read(path, REQUIRED)
    filled = [line for line in table.lines if "finding" in line.cells]
    wrong, found = [], []
    for line in filled:
        try:
            found.append(_decision(line.cells, by))
        except ValueError as error:
            wrong.append(f"line {line.number}: {error}")
    if not wrong:
        wrong = [
            f"line {line.number}: parcel {one.pid} {problem}"
            for line, one, problem in zip(
                filled, found, decisions.problems(connection, season, found), strict=True
            )
            if problem
        ]
    if wrong:
        more = len(wrong) - _MOST_TOLD
        raise DecisionError(
            "; ".join(wrong[:_MOST_TOLD]) + (f"; and {more} more" if more > 0 else ""),
            subject=path,
            hint="nothing was recorded; correct the file and import it again",
        )
    ids = [
        decisions.insert(connection, season, one, Source.FILE, table.sha256, line.number)
        for line, one in zip(filled, found, strict=True)
    ]
    recorded = sum(number is not None for number in ids)
    return Imported(
        sha256=table.sha256,
        recorded=recorded,
        known=len(ids) - recorded,
        waiting=len(table.lines) - len(filled),
        ignored=tuple(name for name in table.columns if name not in (*REQUIRED, *OPTIONAL, *_TOLD)),
    )


def _decision(cells: dict[str, str], by: str | None) -> Decision:
    """A decision from the cells of a line.

    :raises ValueError: a cell is missing or wrong.
    """
    for name in REQUIRED:
        if name not in cells:
            raise ValueError(f"{name} is missing")
    words = [finding.value for finding in Finding]
    if cells["finding"].lower() not in words:
        raise ValueError(f"{cells['finding']!r} is not a finding; these are: {', '.join(words)}")
    who = cells.get("by", by)
    if who is None:
        raise ValueError("by is missing: say who decided")
    run = cells.get("run")
    if run is not None and not (run.isascii() and run.isdigit() and len(run) < 10):
        raise ValueError(f"{run!r} is not the number of a run")
    return Decision(
        pid=cells["pid"],
        finding=Finding(cells["finding"].lower()),
        by=who,
        true_crop=cells.get("true_crop"),
        run=None if run is None else int(run),
        made_at=_moment(cells["made_at"]),
        note=cells.get("note"),
    )


def _moment(text: str) -> datetime:
    """A moment from ISO 8601; UTC unless it says otherwise, and a day means its beginning.

    :raises ValueError: it is neither a day nor a moment.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a day like 2018-05-31, or a moment") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def write_sample(connection: Connection, season: int, path: Path, seed: int | None = None) -> int:
    """Draw an inspection sample from the latest list, and write it as a file of decisions to fill.

    Parcels that have been inspected count as drawn, and are not written.

    :param season: id of the season.
    :param seed: of the draw; None for the number of the list.
    :returns: parcels written.
    :raises NotEnoughData: the season has no list.
    """
    import numpy as np

    listed = connection.execute(query("decisions/ranked"), {"season": season}).fetchall()
    if not listed:
        raise NotEnoughData("no outlier run yet", subject=f"season {season}")
    run = listed[0].run
    drawn = sample.draw(
        -np.arange(len(listed), dtype=float),
        run if seed is None else seed,
        np.array([bool(row.done) for row in listed]),
    )
    with whole_file(path) as aside, aside.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*REQUIRED, *OPTIONAL, *_TOLD])
        for number in drawn.parcel.tolist():
            row = listed[number]
            told = (row.rank, row.declared, row.predicted, row.status)
            writer.writerow(map(cell, (row.pid, "", "", "", "", run, "", *told)))
    return len(drawn.parcel)
