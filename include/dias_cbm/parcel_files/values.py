"""Values of attributes as exact text, or as JSON can hold them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dias_cbm.errors import ParcelFileError

#: Floating-point numbers of so many bits hold every whole number below this one exactly, and no
#: longer all above.
_EXACT_BELOW = {16: 2**11, 32: 2**24, 64: 2**53}

_DATE = re.compile(r"(\d{4})/(\d\d)/(\d\d)(?: (\S+))?")
_CLOCK = re.compile(r"\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d(?::?\d\d)?)?")
_HOURS_ONLY = re.compile(r"[+-]\d\d$")


def texts(column: pa.ChunkedArray) -> list[str | None]:
    """A column as text: whole numbers without a point, missing and blank values as None."""

    def text(value: Any) -> str | None:
        if isinstance(value, float):
            if math.isnan(value):
                return None
            value = int(value) if value.is_integer() else value
        return None if value is None or not str(value).strip() else str(value)

    return [text(value) for value in column.to_pylist()]


def check_exact(column: pa.ChunkedArray, name: str, subject: object) -> None:
    """Check that a column of identifiers or crops holds single values, and whole numbers exactly.

    :raises ParcelFileError: it holds lists, objects or bytes, or a number that is so long that its
        reader has rounded it.
    """
    if _is_bytes(column.type) or pa.types.is_nested(column.type):
        raise ParcelFileError(
            f"column {name!r} has values of the type {column.type}, which are not text or numbers",
            subject=subject,
        )
    if not pa.types.is_floating(column.type):
        return
    below = _EXACT_BELOW[column.type.bit_width]
    column = pc.cast(column, pa.float64())
    finite = pc.fill_null(pc.is_finite(column), False)
    long = pc.and_(finite, pc.greater_equal(pc.abs(column), float(below)))
    if pc.any(long).as_py():
        raise ParcelFileError(
            f"column {name!r} has numbers of more than {len(str(below)) - 1} digits, whose last"
            " digits are rounded",
            subject=subject,
            hint="write the column as text, e.g. with ogr2ogr -sql and cast(... as character)",
        )


def check_not_negative(column: pa.ChunkedArray, name: str, subject: object) -> None:
    """Check that identifiers that are numbers have not gone below zero.

    :raises ParcelFileError: a number is negative, as after an overflow.
    """
    kind = column.type
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)) or not len(column):
        return
    lowest = pc.min(column).as_py()
    if lowest is not None and lowest < 0:
        raise ParcelFileError(
            f"column {name!r} has negative identifiers, such as {lowest:.0f}:"
            " their numbers were too large for an integer column",
            subject=subject,
            hint="write the column as text or as 64-bit integers from its source",
        )


def dates(cast: Sequence[str | None], given: Sequence[bool]) -> tuple[list[str | None], int]:
    """Dates and times in ISO 8601 from the text that OGR casts them to.

    :param cast: such as ``2018/05/01`` or ``2018/05/01 10:11:12.345+02``.
    :param given: whether the file has any value.
    :returns: the texts, with None for what is not a date; and the number of those.
    """
    result = [None if text is None else _iso(text) for text in cast]
    return result, sum(had and text is None for had, text in zip(given, result, strict=True))


def _iso(text: str) -> str | None:
    if _CLOCK.fullmatch(text):
        return text
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, clock = match.groups()
    try:
        date(int(year) or 2000, int(month), int(day))  # Python has no year 0, which was a leap year
    except ValueError:
        return None
    if clock is None:
        return f"{year}-{month}-{day}"
    if not _CLOCK.fullmatch(clock):
        return None
    return f"{year}-{month}-{day}T{clock}" + (":00" if _HOURS_ONLY.search(clock) else "")


def plain(table: pa.Table) -> pa.Table:
    """A table that JSON can hold: no NaN, and binary values as hexadecimal text."""
    for index, field in enumerate(table.schema):
        column = table.column(index)
        if pa.types.is_floating(field.type):
            finite = pc.is_finite(column)
            column = pc.if_else(finite, column, pa.scalar(None, field.type))
        elif _is_bytes(field.type):
            values = column.to_pylist()
            column = pa.array([None if v is None else v.hex() for v in values], pa.string())
        else:
            continue
        table = table.set_column(index, field.name, column)
    return table


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def json_objects(table: pa.Table) -> list[str]:
    """The rows of a plain table as JSON objects, without NaN at any depth and without NUL."""
    nested = [field.name for field in table.schema if pa.types.is_nested(field.type)]
    rows = table.to_pylist()
    for row in rows:
        for name in nested:
            row[name] = _finite(row[name])
    if any("\0" in name for name in table.column_names):
        rows = [{name.replace("\0", ""): value for name, value in row.items()} for row in rows]
    return [json.dumps(row, ensure_ascii=False, default=str) for row in rows]


def _finite(value: Any) -> Any:
    """A nested value with None for every number that JSON lacks."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key.replace("\0", ""): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value.replace("\0", "") if isinstance(value, str) else value
