"""Lists of any length: a page of them as JSON, or all of them as a file that is sent as it is read.

A file is read page by page, each with its own turn at the gate: neither a long list nor a slow
reader holds a connection or fills the memory. If a page fails, the file breaks off, and programs
see that it has no end.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse

from dias_cbm.window import tables
from dias_cbm.window.context import Context
from dias_cbm.window.methods import headers_alone
from dias_cbm.window.tables import FORMATS, MOST_ROWS, ROWS, Rows

#: The parameter ``limit``: 100 rows of JSON without it, and all rows of a file.
Limit = Query(None, ge=1, le=MOST_ROWS, description="rows of a page; a file has all without it")
#: Rows after a place, at most a number of them: ``read(place, number)``.
Read = Callable[[Any, int], Awaitable[Rows]]
Pages = AsyncIterator[Rows]
_PIECE = 1 << 20


class Listing:
    """A list in an order, with a key for each row.

    :param columns: in this order.
    :param name: of its file, without an ending.
    :param key: the values by which the list goes on after a row, as ``read`` takes them.
    :param kinds: types of these values; see :func:`~dias_cbm.window.tables.place`.
    """

    def __init__(
        self,
        name: str,
        columns: Sequence[str],
        key: Callable[[Any], Sequence[Any]],
        kinds: Sequence[type],
    ) -> None:
        self.name, self.columns = name, columns
        self._key, self._kinds = key, kinds

    async def answer(
        self,
        context: Context,
        request: Request,
        read: Read,
        after: str | None,
        limit: int | None,
        more: Callable[[], Any] = dict,
    ) -> Response:
        """A page, or without a limit the whole list as CSV or Parquet.

        :param more: further values for JSON, asked for once the rows are read.
        """
        place = tables.place(after, self._kinds)
        kind = tables.wanted(request, ("json", "csv", "parquet"))
        if limit is None and kind != "json":
            pages = self.pages(read, place)
            return await file(context, request, pages, self.columns, self.name, kind)
        limit = limit or ROWS
        rows = await read(place, limit)
        last = tables.key(self._key(rows[-1])) if len(rows) == limit else None
        return tables.table(
            request, rows, columns=self.columns, name=self.name, after=last, more=more()
        )

    async def pages(self, read: Read, place: Any = None) -> Pages:
        """The list in pages, from a place on; an empty list has one without rows."""
        rows = await read(place, MOST_ROWS)
        yield rows
        while len(rows) == MOST_ROWS:
            # Through text and back, as a client would hand it on: no page differs from the first.
            place = tables.place(tables.key(self._key(rows[-1])), self._kinds)
            rows = await read(place, MOST_ROWS)
            if rows:
                yield rows


async def file(
    context: Context, request: Request, pages: Pages, columns: Sequence[str], name: str, kind: str
) -> Response:
    """Rows as a CSV or Parquet file; what fails on the first page is answered as an error."""
    first = await anext(pages)
    whole = f"{name}.{kind}"
    if kind == "csv":
        return sent(request, _csv(context, first, pages, columns), FORMATS[kind], whole)

    async def write(path: Path) -> None:
        await _parquet(context, path, first, pages, columns)

    return await made(request, write, FORMATS[kind], whole)


def sent(request: Request, body: AsyncIterator[bytes], media_type: str, name: str) -> Response:
    """A file that is sent as it is made."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if headers_alone(request):
        return Response(media_type=media_type, headers=headers)
    return StreamingResponse(body, media_type=media_type, headers=headers)


async def made(
    request: Request, write: Callable[[Path], Awaitable[None]], media_type: str, name: str
) -> Response:
    """A file that is written on disk first, as its format asks for, and deleted once sent."""
    if headers_alone(request):
        return sent(request, _nothing(), media_type, name)
    with ExitStack() as held:
        folder = held.enter_context(tempfile.TemporaryDirectory(prefix="cbm-export-"))
        path = Path(folder, name)
        await write(path)
        kept = held.pop_all()
    return sent(request, _pieces(path, kept), media_type, name)


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


async def _pieces(path: Path, kept: ExitStack) -> AsyncIterator[bytes]:
    with kept, path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece


async def _csv(
    context: Context, first: Rows, pages: Pages, columns: Sequence[str]
) -> AsyncIterator[bytes]:
    yield tables.as_csv(first, columns)
    async for rows in pages:
        yield await context.gate.thread(partial(tables.as_csv, rows, columns, head=False))


async def _parquet(
    context: Context, path: Path, first: Rows, pages: Pages, columns: Sequence[str]
) -> None:
    """Pages as Parquet.

    A column that has no value on one page gets its type from another: the pages lie on disk until
    all types are known.
    """
    import pyarrow as pa

    parts = [path.with_name("0.arrow")]
    schema = await context.gate.thread(partial(_spool, first, columns, parts[0]))
    async for rows in pages:
        parts.append(path.with_name(f"{len(parts)}.arrow"))
        found = await context.gate.thread(partial(_spool, rows, columns, parts[-1]))
        schema = pa.unify_schemas([schema, found], promote_options="permissive")
    await context.gate.thread(partial(_join, parts, schema, path))


def _spool(rows: Rows, columns: Sequence[str], path: Path) -> Any:
    """Write a page; returns its schema."""
    import pyarrow as pa

    table = pa.table({name: [row.get(name) for row in rows] for name in columns})
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write_table(table)
    return table.schema


def _join(parts: Sequence[Path], schema: Any, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, schema) as writer:
        for part in parts:
            with pa.ipc.open_file(part) as reader:
                writer.write_table(reader.read_all().cast(schema))
            part.unlink()
