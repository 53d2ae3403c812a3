"""CSV files whose texts no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dias_cbm.whole_file import whole_file

_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?\d[\d.,]*(?:[eE][+-]?\d+)?")


def cell(value: Any) -> Any:
    """A value for a cell: a text that a spreadsheet would calculate gets an apostrophe in front.

    Numbers stay as they are, and so do texts that are numbers, such as ``-12``.
    """
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def plain(text: str) -> str:
    """The text of a cell that :func:`cell` may have written: without its apostrophe."""
    unmarked = text.removeprefix("'")
    return unmarked if cell(unmarked) == text else text


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows as CSV in UTF-8, complete or not at all; the number of rows.

    :param columns: names of the columns, in their order; a row may lack some.
    :raises OutputError: the file cannot be written.
    """
    written = 0
    with whole_file(path) as aside, aside.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns)
        writer.writeheader()
        for row in rows:
            writer.writerow({name: cell(value) for name, value in row.items()})
            written += 1
    return written
