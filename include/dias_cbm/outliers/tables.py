"""CSV files that people fill in: decisions and crop groups."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from dias_cbm.csv_cells import plain
from dias_cbm.errors import DecisionError
from dias_cbm.small_file import small_file

_DELIMITERS = ",;\t"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table.

    :param number: of the line in the file, from 1; the header is line 1.
    :param cells: by column, without blanks at the ends; empty cells are left out.
    """

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file.

    :param sha256: of the file.
    :param columns: names in the header, in lower case.
    """

    sha256: str
    columns: tuple[str, ...]
    lines: list[Line]


def read(path: Path, required: Collection[str]) -> Table:
    """Read a CSV file in UTF-8 whose columns are separated by commas, semicolons or tabs.

    :param required: columns that it must have.
    :raises DecisionError: it cannot be read, lacks a column, or a line has too many cells.
    """
    content = _content(path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DecisionError(
            f"byte {error.start} is not UTF-8", subject=path, hint="save it as CSV UTF-8"
        ) from None
    if "\0" in text:
        raise DecisionError("is not a text file", subject=path)
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    # Strict: a quote that is never closed would take all lines after it into its cell.
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = tuple(name.strip().lower() for name in next(reader, []))
        _check_columns(path, columns, required)
        lines = []
        for cells in reader:
            number = reader.line_num
            if len(cells) > len(columns):
                raise DecisionError(f"line {number} has too many cells", subject=path)
            found = {
                name: plain(cell.strip())
                for name, cell in zip(columns, cells, strict=False)
                if cell.strip()
            }
            if found:
                lines.append(Line(number, found))
    except csv.Error as error:
        raise DecisionError(f"line {reader.line_num}: {error}", subject=path) from None
    return Table(hashlib.sha256(content).hexdigest(), columns, lines)


def _content(path: Path) -> bytes:
    try:
        return small_file(path)
    except OSError as error:
        raise DecisionError(f"cannot be read: {error.strerror or error}", subject=path) from None


def _check_columns(path: Path, columns: tuple[str, ...], required: Collection[str]) -> None:
    if missing := [name for name in required if name not in columns]:
        raise DecisionError(
            f"has no column {', '.join(missing)}",
            subject=path,
            hint=f"its columns are: {', '.join(columns) or 'none'}",
        )
    if len(set(columns)) < len(columns):
        raise DecisionError("two columns have the same name", subject=path)
