"""Import of a file of daily weather: whole, or not at all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dias_cbm.days import day_number, day_of
from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import copy_columns
from dias_cbm.db.locks import Lock, hold
from dias_cbm.db.queries import query
from dias_cbm.errors import NotEnoughData, RecordFileError
from dias_cbm.record_files import Piece, columns_of, pieces
from dias_cbm.seasons import Season
from dias_cbm.weather import netcdf
from dias_cbm.weather.columns import VARIABLES, Columns, Temperature, choose, converted

#: Degrees around the season's area in which cells are kept.
MARGIN = 0.5
# Above this share of impossible values it is the unit that is wrong, not the values.
_WRONG_UNIT = 0.01
_LONGEST_NAME = 100
_STAGED = {"number": "integer", "day": "date"} | dict.fromkeys(VARIABLES, "real")


@dataclass(slots=True)
class Report:
    """What an import did, or would do.

    :param far: rows of cells that are further from the season's area than ``MARGIN`` degrees.
    :param impossible: values that were left out.
    :param repeated: rows that are there a second time, with the same values.
    :param reversed: days that were left out, since ``tmin`` would be above ``tmax``.
    :param first_reversed: cell and day of the first of them.
    :param cells: of which the file has days of the season.
    :param days: days of cells, of which ``changed`` were there with other values.
    """

    rows: int = 0
    far: int = 0
    outside_season: int = 0
    no_value: int = 0
    impossible: int = 0
    repeated: int = 0
    reversed: int = 0
    first_reversed: str = ""
    cells: int = 0
    days: int = 0
    changed: int = 0
    variables: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Sentences on what was left out or changed, and why."""
        counts = [
            (self.far, f"rows are of cells more than {MARGIN:g} degrees from the season's area"),
            (self.outside_season, "rows are of days outside the season"),
            (self.no_value, "rows have no value"),
            (self.impossible, "values are not possible"),
            (self.repeated, "rows are there a second time"),
            (self.reversed, f"days have tmin above tmax, the first is {self.first_reversed}"),
            (self.changed, "days had other values before"),
        ]
        return [f"{number:,} {what}" for number, what in counts if number]


def load(
    connection: Connection,
    season: Season,
    path: Path,
    temperature: Temperature = Temperature.CELSIUS,
) -> Report:
    """Import a CSV, Parquet or NetCDF file; does not commit.

    Variables may come from files of their own: what a file has replaces earlier values, what it
    does not have stays.

    :raises RecordFileError: it cannot be read, or has two values for one cell and day.
    :raises NotEnoughData: it has nothing for the season.
    """
    is_grid = netcdf.is_netcdf(path)
    columns = choose(netcdf.columns_of(path) if is_grid else columns_of(path), path)
    hold(connection, Lock.SERIES, season.id)
    connection.execute(query("weather/stage"))
    # A NetCDF file says its units.
    work = _Import(season, path, columns, Temperature.CELSIUS if is_grid else temperature)
    rows = (
        netcdf.pieces(path, columns, season.bounds, MARGIN)
        if is_grid
        else pieces(path, columns.texts, columns.numbers)
    )
    for piece in rows:
        copy_columns(connection, "weather_staged", _STAGED, work.rows_of(piece))
    work.check()
    _keep(connection, work)
    connection.execute(query("weather/unstage"))
    return work.report


@dataclass(slots=True)
class _Import:
    """A file that is being read.

    :param number: of each cell, in the order in which they come; ``places`` has theirs.
    :param values: given in the file, by variable, of which ``impossible`` are left out.
    """

    season: Season
    path: Path
    columns: Columns
    temperature: Temperature
    report: Report = field(default_factory=Report)
    number: dict[str, int] = field(default_factory=dict)
    places: list[tuple[float, float]] = field(default_factory=list)
    values: Counter[str] = field(default_factory=Counter)
    impossible: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.report.variables = [name for name in VARIABLES if name in self.columns.of]

    def rows_of(self, piece: Piece) -> list[NDArray[np.generic]]:
        """The rows of a piece that are of the season: cell, day, and each variable."""
        place = np.column_stack([piece.numbers[self.columns.of[name]] for name in ("lon", "lat")])
        self._check_places(place, piece.first)
        days = self._days(piece)
        first, last = day_number(self.season.starts), day_number(self.season.ends)
        west, south, east, north = self.season.bounds
        low, high = (west - MARGIN, south - MARGIN), (east + MARGIN, north + MARGIN)
        near = ((place >= low) & (place <= high)).all(1)
        inside = (days >= first) & (days <= last)
        keep = near & inside
        self.report.rows += piece.rows
        self.report.far += int((~near).sum())
        self.report.outside_season += int((near & ~inside).sum())
        variables = [self._variable(piece, name, keep) for name in VARIABLES]
        given = np.isfinite(np.column_stack(variables)).any(1)
        self.report.no_value += int((~given).sum())
        rows = np.flatnonzero(keep)[given]
        cells = self._cells(piece, place, rows)
        return [cells, days[rows], *(values[given] for values in variables)]

    def _check_places(self, place: NDArray[np.float64], first: int) -> None:
        wrong = ~(np.abs(place) <= (180, 90)).all(1)
        if wrong.any():
            row = first + int(np.flatnonzero(wrong)[0])
            raise RecordFileError(
                f"row {row}: its place is not a longitude and latitude", subject=self.path
            )

    def _days(self, piece: Piece) -> NDArray[np.int64]:
        texts = piece.texts[self.columns.of["date"]]
        found = [day_of(text) for text in texts.values]
        for code, day in enumerate(found):
            if day is None:
                row = piece.first + int(np.flatnonzero(texts.code == code)[0])
                text = texts.values[code][:60]
                raise RecordFileError(
                    f"row {row}: {text!r} is not a day such as 2018-05-31", subject=self.path
                )
        return np.array(found, np.int64)[texts.code]

    def _variable(self, piece: Piece, name: str, keep: NDArray[np.bool_]) -> NDArray[np.float32]:
        if name not in self.columns.of:
            return np.full(int(keep.sum()), np.nan, np.float32)
        raw = piece.numbers[self.columns.of[name]][keep]
        values, given, impossible = converted(name, raw, self.temperature)
        self.values[name] += given
        self.impossible[name] += impossible
        return values

    def _cells(
        self, piece: Piece, place: NDArray[np.float64], rows: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """The number of each row's cell; without a column for it a cell has its place as name."""
        texts = piece.texts[self.columns.of["cell"]] if "cell" in self.columns.of else None
        found = np.empty(len(rows), np.int64)
        for number, (row, (lon, lat)) in enumerate(zip(rows, place[rows].tolist(), strict=True)):
            name = f"{lon:.5f} {lat:.5f}" if texts is None else texts.values[texts.code[row]]
            known = self.number.get(name)
            if known is None:
                if not (name and name.isprintable() and len(name) <= _LONGEST_NAME):
                    raise self._fault(piece.first + int(row), "its cell is not a name")
                known = self.number[name] = len(self.places)
                self.places.append((lon, lat))
            elif self.places[known] != (lon, lat):
                raise self._fault(piece.first + int(row), f"the cell {name} has two places")
            found[number] = known
        return found

    def _fault(self, row: int, what: str) -> RecordFileError:
        return RecordFileError(f"row {row}: {what}", subject=self.path)

    def check(self) -> None:
        """Check what only the whole file tells."""
        for name, number in self.impossible.items():
            if number > _WRONG_UNIT * self.values[name]:
                raise RecordFileError(
                    f"{number:,} of {self.values[name]:,} values of {name} are not possible",
                    subject=self.path,
                    hint="degrees Celsius, or --temperature kelvin; millimetres",
                )
        self.report.impossible = self.impossible.total()
        if not self.places:
            found = self.report
            raise NotEnoughData(
                f"none of its {found.rows:,} rows is of the season: {found.far:,} are too far"
                f" away, {found.outside_season:,} of other days, {found.no_value:,} have no value",
                subject=self.path,
            )


def _keep(connection: Connection, work: _Import) -> None:
    """Put the staged rows into the tables."""
    repeats = connection.execute(query("weather/repeats")).fetchone()
    report = work.report
    if repeats is not None:
        report.repeated = repeats.more
        if repeats.differ:
            raise RecordFileError(
                f"has several values for {repeats.differ:,} days of cells", subject=work.path
            )
    lon, lat = zip(*work.places, strict=True)
    values: dict[str, Any] = {
        "season": work.season.id, "cells": list(work.number), "lon": list(lon), "lat": list(lat),
    }  # fmt: skip
    moved = connection.execute(query("weather/moved"), values).fetchone()
    if moved is not None:
        raise RecordFileError(
            f"has the cell {moved.cell} at another place than an earlier file", subject=work.path
        )
    _leave_out_reversed(connection, values, report)
    connection.execute(query("weather/add_cells"), values)
    changed = connection.execute(query("weather/changed"), values).fetchone()
    report.changed = 0 if changed is None else changed.days
    report.cells = len(work.places)
    report.days = connection.execute(query("weather/add_days"), values).rowcount
    if report.reversed > report.days:
        raise RecordFileError(
            f"{report.reversed:,} days have tmin above tmax, the first is {report.first_reversed}",
            subject=work.path,
            hint="are the two columns the right way round?",
        )


def _leave_out_reversed(connection: Connection, values: dict[str, Any], report: Report) -> None:
    """Take out the days on which the lowest temperature would be above the highest."""
    row = connection.execute(query("weather/reversed"), values).fetchone()
    if row is not None and row.days:
        report.reversed = row.days
        report.first_reversed = f"{row.cell} on {row.first}"
