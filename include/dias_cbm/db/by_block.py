"""Rows of a query in order of their blocks, handed out block by block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import groupby
from operator import attrgetter
from typing import Any

from dias_cbm.db.connection import Connection
from dias_cbm.db.copy_codec import array_cursor
from dias_cbm.db.queries import query


class ByBlock:
    """Groups of rows by their ``blk``, which never falls from one row to the next."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._groups = groupby(rows, attrgetter("blk"))
        self._next = next(self._groups, None)

    def __iter__(self) -> Iterator[tuple[int, Iterator[Any]]]:
        while self._next is not None:
            yield self._next
            self._next = next(self._groups, None)

    def of(self, blk: int) -> Iterator[Any]:
        """The rows of a block, to be read before the next one is asked for."""
        while self._next is not None and self._next[0] < blk:
            self._next = next(self._groups, None)
        if self._next is not None and self._next[0] == blk:
            yield from self._next[1]


def rows_by_block(
    stack: ExitStack,
    connection: Connection,
    name: str,
    values: dict[str, Any],
    fetch: int,
    *,
    cursor: str | None = None,
) -> ByBlock:
    """The rows of a query that orders them by block.

    :param stack: closes the cursor.
    :param name: of the query.
    :param fetch: rows fetched at a time.
    :param cursor: its name, where one query is open twice; default: that of the query.
    """
    opened = stack.enter_context(array_cursor(connection, cursor or name, fetch=fetch))
    opened.execute(query(name), values)
    return ByBlock(opened)
