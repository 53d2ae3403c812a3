"""CSV files from outside as rows of texts, with errors that name the file."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from dias_cbm.errors import SampleError
from dias_cbm.small_file import small_file

#: Bytes of the largest list: ten million rows.
LARGEST = 1 << 30


def text_of(path: Path) -> str:
    """The text of a file in UTF-8, with or without a byte order mark.

    :raises SampleError: it cannot be read.
    """
    try:
        return small_file(path, LARGEST).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SampleError(f"cannot be read: {error}", subject=path) from error


def rows_of(
    text: str, name: object, needed: Sequence[str] = ()
) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and rows of a CSV text; cells are stripped, and empty where a row is too short.

    :param name: for messages.
    :param needed: columns that must be there.
    :raises SampleError: the text is not CSV, lacks a column or has it twice, or a row has more
        cells than there are columns: where a comma stands in a number, its cells have moved.
    """
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
        columns = list(reader.fieldnames or ())
        missing = [one for one in needed if one not in columns]
        if missing:
            raise SampleError(f"the columns {', '.join(missing)} are missing", subject=name)
        twice = [one for one, number in Counter(columns).items() if one and number > 1]
        if twice:
            raise SampleError(f"it has the column {twice[0]} twice", subject=name)
        rows = []
        for number, row in enumerate(reader, 1):
            if any(cell.strip() for cell in row.get(None, ())):
                message = f"has more cells than the {len(columns)} columns"
                raise SampleError(message, subject=f"{name} row {number}")
            rows.append({key: row[key].strip() for key in columns})
    except csv.Error as error:
        raise SampleError(f"not CSV: {error}", subject=name) from error
    return columns, rows
