"""Tables as replies: rows as JSON, CSV or Parquet, in pages with a key instead of a number."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import HTTPException, Request, Response
from pydantic_core import to_json

from dias_cbm.csv_cells import cell
from dias_cbm.window import languages, replies

#: Format -> media type.
FORMATS: Mapping[str, str] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "geojson": "application/geo+json",
}
#: Rows of a page unless a number is asked for, and the most that may be asked for.
ROWS, MOST_ROWS = 100, 1000
Rows = Sequence[Mapping[str, Any]]


def as_json(value: Any) -> bytes:
    """A value as JSON: times as in ISO 8601, no number as null."""
    return to_json(value, inf_nan_mode="null")


def answer(request: Request, value: Any) -> Response:
    """Any value as a JSON reply with an ETag, its sentences in the reader's language."""
    return replies.reply(request, as_json(languages.spoken(request, value)), FORMATS["json"])


def table(
    request: Request,
    rows: Rows,
    *,
    columns: Sequence[str],
    name: str,
    after: str | None = None,
    more: Mapping[str, Any] | None = None,
    kind: str | None = None,
) -> Response:
    """Rows in the format that the request asks for.

    :param columns: in this order.
    :param name: of the file, without its ending.
    :param after: key of the last row if there may be further rows.
    :param more: further values for JSON, beside ``rows`` and ``next``.
    :param kind: the format, if the request does not choose it.
    """
    kind = kind or wanted(request, ("json", "csv", "parquet"))
    link = {} if after is None else {"Link": f'<{_next(request, after)}>; rel="next"'}
    if kind == "json":
        value = languages.spoken(request, {"rows": rows, "next": after, **(more or {})})
        return replies.reply(request, as_json(value), FORMATS[kind], headers=link)
    body = as_csv(rows, columns) if kind == "csv" else _as_parquet(rows, columns)
    saved = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return replies.reply(request, body, FORMATS[kind], headers=link | saved)


def wanted(request: Request, known: Sequence[str]) -> str:
    """The format that a request asks for, by ``?format=`` or by its header ``Accept``.

    :param known: the formats there are, the first one by default.
    :raises HTTPException: 422: another one is asked for by name.
    """
    asked = request.query_params.get("format")
    if asked is not None:
        if asked not in known:
            raise HTTPException(422, f"format: one of {', '.join(known)}")
        return asked
    accept = request.headers.get("accept", "")
    kinds = [one.partition(";")[0].strip() for one in accept.split(",")]
    for kind in kinds:
        for name in known:
            if kind == FORMATS[name].partition(";")[0]:
                return name
    return known[0]


def as_csv(rows: Rows, columns: Sequence[str], *, head: bool = True) -> bytes:
    """Rows as CSV in UTF-8; no value is an empty cell, a list is written as JSON.

    :param head: whether the columns' names come first.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    if head:
        writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(_text(row.get(column))) for column in columns])
    return stream.getvalue().encode()


def key(values: Sequence[Any]) -> str:
    """The key of a row, as the parameter ``after`` takes it."""
    return base64.urlsafe_b64encode(as_json(values)).decode().rstrip("=")


def place(after: str | None, kinds: Sequence[type]) -> list[Any] | None:
    """The values that a key was made of.

    :param kinds: their types: ``datetime``, ``int``, ``float`` or ``str``.
    :returns: None without a key.
    :raises HTTPException: 422: it is not such a key.
    """
    if after is None:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        return [_typed(one, kind) for one, kind in zip(values, kinds, strict=True)]
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise HTTPException(422, "after: take it from the reply before") from error


def example(value: Any) -> dict[int | str, dict[str, Any]]:
    """An example reply, for the description of the API."""
    return {200: {"content": {"application/json": {"example": value}}}}


def files(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """What a reply that is a file may be, for the description of the API."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"content": dict.fromkeys(media_types, binary), "description": "a file"}}


def _typed(value: Any, kind: type) -> Any:
    """A value of a key, if it is of its type and a column can hold it."""
    if kind is datetime:
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            raise ValueError("no time zone")
        return found
    if type(value) is not kind or (isinstance(value, int) and not -(2**63) <= value < 2**63):
        raise ValueError("another type")
    return value


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list | tuple | dict):
        return as_json(value).decode()
    return "" if value is None or value != value else value


def _as_parquet(rows: Rows, columns: Sequence[str]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    stream = io.BytesIO()
    values = {column: [row.get(column) for row in rows] for column in columns}
    pq.write_table(pa.table(values), stream)
    return stream.getvalue()


def _next(request: Request, after: str) -> str:
    kept = [one for one in request.query_params.multi_items() if one[0] != "after"]
    return f"?{urlencode([*kept, ('after', after)])}"
