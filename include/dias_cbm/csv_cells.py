"""Texts in cells of CSV files, which spreadsheets must not take for formulas."""

from __future__ import annotations

import re
from typing import Any

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
