"""Checks of the tables that a list is made from: gsa, lpis, interventions, ua_claimed.

The columns and keys are those of JRC's data specification (November 2023; ec-jrc/cbm
``iacs_qa/data_validation``, BSD-3). Every problem names its table and row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dias_cbm.errors import SampleError
from dias_cbm.quality.csv_files import rows_of, text_of
from dias_cbm.quality.findings import day_of
from dias_cbm.quality.ranked_list import area_of

Rows = Sequence[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class TableKind:
    """One of the tables.

    :param key: columns that are unique together.
    :param optional: columns whose cells may be empty.
    :param refers: column to the table and column where each of its values must be found.
    """

    columns: Sequence[str]
    key: Sequence[str]
    optional: Sequence[str] = ()
    refers: Mapping[str, tuple[str, str]] | None = None


KINDS: Mapping[str, TableKind] = {
    "gsa": TableKind(
        ("gsa_par_id", "gsa_hol_id", "gsa_col_id", "main_crop", "catch_crop", "organic"),
        ("gsa_par_id",),
        ("gsa_col_id", "catch_crop"),
    ),
    "lpis": TableKind(("lpis_code", "lpis_rp_id", "tot_area"), ("lpis_rp_id",)),
    "gsa_lpis": TableKind(
        ("lpis_code", "lpis_rp_id", "gsa_par_id"),
        ("lpis_rp_id", "gsa_par_id"),
        refers={"lpis_rp_id": ("lpis", "lpis_rp_id"), "gsa_par_id": ("gsa", "gsa_par_id")},
    ),
    "interventions": TableKind(
        ("ua", "ua_grp", "interv", "interv_lev", "interv_typ"), ("ua",), ("ua_grp_est",)
    ),
    "ua_claimed": TableKind(
        ("gsa_par_id", "ua", "claim_area"),
        ("gsa_par_id", "ua"),
        refers={"gsa_par_id": ("gsa", "gsa_par_id"), "ua": ("interventions", "ua")},
    ),
}  # fmt: skip
_YES_NO = ("0", "1", "true", "false", "t", "f")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a table.

    :param row: 1 is the first row after the header; None for the table as a whole.
    """

    table: str
    row: int | None
    message: str

    def __str__(self) -> str:
        where = self.table if self.row is None else f"{self.table} row {self.row}"
        return f"{where}: {self.message}"


def read(folder: Path) -> dict[str, tuple[Sequence[str], Rows]]:
    """Columns and rows of the tables that lie in a folder as ``NAME.csv``.

    :raises SampleError: a file cannot be read.
    """
    found: dict[str, tuple[Sequence[str], Rows]] = {}
    for name in KINDS:
        path = folder / f"{name}.csv"
        if not path.exists():
            continue
        found[name] = rows_of(text_of(path), path)
    return found


def problems(tables: Mapping[str, tuple[Sequence[str], Rows]]) -> list[Problem]:
    """All that is wrong with the tables, table by table and row by row."""
    found: list[Problem] = []
    for name, (columns, rows) in tables.items():
        missing = [one for one in KINDS[name].columns if one not in columns]
        if missing:
            found.append(Problem(name, None, f"the columns {', '.join(missing)} are missing"))
            continue
        if not rows:
            found.append(Problem(name, None, "the table is empty"))
        found += _cells(name, rows)
        found += _keys(name, rows)
    for name, (_, rows) in tables.items():
        found += _references(name, rows, tables)
    return found


def _cells(name: str, rows: Rows) -> Iterator[Problem]:
    kind = KINDS[name]
    for number, row in enumerate(rows, 1):
        for column, text in row.items():
            if text == "":
                if column in kind.columns and column not in kind.optional:
                    yield Problem(name, number, f"{column} is empty")
                continue
            message = _wrong(column, text)
            if message:
                yield Problem(name, number, message)


def _wrong(column: str, text: str) -> str | None:
    try:
        if column in ("claim_area", "tot_area"):
            area_of(text, column)
        elif column.endswith("date"):
            day_of(text, column)
    except SampleError as error:
        return error.message.replace("claim_area", column)
    if column == "organic" and text.lower() not in _YES_NO:
        return f"organic is {text!r}, not one of {', '.join(_YES_NO)}"
    return None


def _keys(name: str, rows: Rows) -> Iterator[Problem]:
    seen: dict[tuple[str, ...], int] = {}
    columns = KINDS[name].key
    for number, row in enumerate(rows, 1):
        key = tuple(row[column] for column in columns)
        first = seen.setdefault(key, number)
        if first != number:
            told = ", ".join(
                f"{column} {value}" for column, value in zip(columns, key, strict=True)
            )
            yield Problem(name, number, f"{told} is in row {first} already")


def _references(
    name: str, rows: Rows, tables: Mapping[str, tuple[Sequence[str], Rows]]
) -> Iterator[Problem]:
    for column, (table, other) in (KINDS[name].refers or {}).items():
        if table not in tables:
            message = f"{column} cannot be checked: there is no table {table}"
            yield Problem(name, None, message)
            continue
        known = {row.get(other, "") for row in tables[table][1]}
        for number, row in enumerate(rows, 1):
            if row.get(column) and row[column] not in known:
                yield Problem(name, number, f"{column} {row[column]} is not in table {table}")
