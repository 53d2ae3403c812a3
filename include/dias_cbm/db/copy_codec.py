"""Codec for block arrays in PostgreSQL's binary formats, without a Python object per number.

Writing: :func:`copy_rows` sends rows by binary COPY; a numpy vector goes into a ``real[]`` or
``smallint[]`` column in one piece, so that a block of 992 parcels costs microseconds::

    columns = {"season": "smallint", "blk": "integer", "band": "text", "mean": "real[]"}
    copy_rows(connection, "signature_block", columns, [(1, 7, "VV", means)])

Reading: the rows of :func:`array_cursor` have the results of ``array_bytes()`` as numpy vectors::

    select = "select blk, array_bytes(mean) as mean from ..."
    for row in array_cursor(connection).execute(select, params):
        row.mean  # float32[k]

Formats: https://www.postgresql.org/docs/15/sql-copy.html (binary format); an array is ndim, flags,
element oid, then per dimension length and lower bound, then length and value per element. In memory
(src/include/utils/array.h of PostgreSQL) it is the same in the server's byte order, without the
lengths.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from psycopg import Cursor, sql
from psycopg.adapt import Buffer, Loader
from psycopg.pq import Format

from dias_cbm.db.connection import Connection

_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_TRAILER = struct.pack(">h", -1)
_NULL = struct.pack(">i", -1)
# Small enough that the allocator keeps the memory: a megabyte is given back to the system and taken
# from it anew, page by page, which takes longer than all the rest.
_CHUNK_BYTES = 1 << 16
_CHUNK_ROWS = 1 << 14

_FIXED = {
    "smallint": struct.Struct(">ih"),
    "integer": struct.Struct(">ii"),
    "bigint": struct.Struct(">iq"),
    "real": struct.Struct(">if"),
    "double precision": struct.Struct(">id"),
}
_COLUMN = {
    "smallint": ">i2", "integer": ">i4", "bigint": ">i8", "real": ">f4",
    "double precision": ">f8", "date": ">i4",
}  # fmt: skip
_ELEMENT = {"smallint": (21, ">i2"), "integer": (23, ">i4"), "real": (700, ">f4")}
_NATIVE = {oid: np.dtype(element).newbyteorder("=") for oid, element in _ELEMENT.values()}
_ARRAY_HEADER = struct.Struct(">iiiii")
_SIZED_ARRAY_HEADER = struct.Struct(">iiiiii")
# Of arrays as read, in network order and in little-endian order.
_HEADERS = struct.Struct(">iii"), struct.Struct("<iii")
_LENGTHS = struct.Struct(">i"), struct.Struct("<i")
_STORED = tuple(
    {oid: native.newbyteorder(order) for oid, native in _NATIVE.items()} for order in (">", "<")
)

# Days from 1970-01-01 to 2000-01-01, where PostgreSQL's dates begin.
_EPOCH = 10_957

Field = Callable[[Any], bytes]


def copy_rows(
    connection: Connection,
    table: str,
    columns: Mapping[str, str],
    rows: Iterable[Sequence[Any]],
) -> int:
    """Append rows to a table by binary COPY, inside the caller's transaction.

    :param columns: name -> type, in the order of the values: ``smallint``, ``integer``, ``bigint``,
        ``real``, ``double precision``, ``text``, ``date``, ``jsonb``, ``smallint[]``, ``integer[]``
        or ``real[]``. The types must be exactly the table's: binary COPY does not convert. ``text``
        suits ``char(n)``; a ``date`` is given in days since 1970-01-01, a ``jsonb`` as text.
    :param rows: values per row; arrays as one-dimensional numpy vectors, None for NULL.
    :returns: number of rows.
    """
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        buffer = bytearray(_HEADER)
        for encoded in encode(list(columns.values()), rows):
            buffer += encoded
            count += 1
            if len(buffer) >= _CHUNK_BYTES:
                copy.write(bytes(buffer))
                buffer.clear()
        copy.write(bytes(buffer + _TRAILER))
    return count


def copy_columns(
    connection: Connection,
    table: str,
    columns: Mapping[str, str],
    vectors: Sequence[np.ndarray],
) -> int:
    """Append whole columns of numbers to a table by binary COPY, without work per row.

    :param columns: as of :func:`copy_rows`; only types of fixed size, and dates.
    :param vectors: one of n values per column; a ``date`` in days since 1970-01-01.
    :returns: number of rows.
    """
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name, kind in columns.items():
        fields += [(f"size of {name}", ">i4"), (name, _COLUMN[kind])]
    rows = np.empty(len(vectors[0]), np.dtype(fields))
    rows["fields"] = len(columns)
    for (name, kind), vector in zip(columns.items(), vectors, strict=True):
        rows[f"size of {name}"] = np.dtype(_COLUMN[kind]).itemsize
        rows[name] = vector - _EPOCH if kind == "date" else vector
    statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_HEADER)
        for first in range(0, len(rows), _CHUNK_ROWS):
            copy.write(rows[first : first + _CHUNK_ROWS].tobytes())
        copy.write(_TRAILER)
    return len(rows)


def encode(types: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Each row in the binary COPY format, without the file's header and trailer.

    :raises ValueError: a row with more or fewer values than types, or an array of two dimensions.
    """
    fields = [_field(name) for name in types]
    prefix = struct.pack(">h", len(types))
    for row in rows:
        values = zip(fields, row, strict=True)
        yield prefix + b"".join(_NULL if v is None else encode_(v) for encode_, v in values)


def array_cursor(
    connection: Connection, name: str | None = None, *, fetch: int = 1000
) -> Cursor[Any]:
    """A cursor that returns ``array_bytes()`` of real[], smallint[] as numpy vectors (read-only).

    :param name: of a server-side cursor, for results too large to hold in memory.
    :param fetch: rows that a server-side cursor fetches at a time.
    """
    cursor: Cursor[Any]
    if name is None:
        cursor = connection.cursor(binary=True)
    else:
        cursor = server = connection.cursor(name, binary=True)
        server.itersize = fetch
    cursor.adapters.register_loader("bytea", ArrayBytesLoader)
    return cursor


@cache
def _field(name: str) -> Field:
    if name in _OTHER:
        return _OTHER[name]
    if name.endswith("[]"):
        oid, element = _ELEMENT[name[:-2]]
        return _array_field(oid, np.dtype(element))
    layout = _FIXED[name]
    return lambda value: layout.pack(layout.size - 4, value)


def _text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack(">i", len(raw)) + raw


def _date(days: int) -> bytes:
    return struct.pack(">ii", 4, days - _EPOCH)


def _jsonb(text: str) -> bytes:
    raw = text.encode()
    return struct.pack(">ib", len(raw) + 1, 1) + raw


_OTHER: dict[str, Field] = {"text": _text, "date": _date, "jsonb": _jsonb}


def _array_field(oid: int, element: np.dtype[Any]) -> Field:
    layout = np.dtype([("length", ">i4"), ("value", element)])
    empty = struct.pack(">iiii", 12, 0, 0, oid)

    def encode_array(values: Any) -> bytes:
        vector = np.asarray(values)
        if vector.ndim != 1:
            raise ValueError(f"an array column takes one dimension, not {vector.ndim}")
        if not len(vector):
            return empty
        items = np.empty(len(vector), layout)
        items["length"] = element.itemsize
        items["value"] = vector
        size = _ARRAY_HEADER.size + items.nbytes
        return _SIZED_ARRAY_HEADER.pack(size, 1, 0, oid, len(vector), 1) + items.tobytes()

    return encode_array


class ArrayBytesLoader(Loader):
    """Loads the result of ``array_bytes()``, in the memory or ``array_send()`` format, as a vector.

    The size of an element shows which format it is.
    """

    format = Format.BINARY

    def load(self, data: Buffer) -> np.ndarray:
        """Decode one array.

        :raises ValueError: more than one dimension, a NULL, or elements of another type.
        """
        raw = bytes(data)
        # Number of dimensions, or the type's oid: in network order the first byte of both is 0.
        little = bool(raw[0] or raw[8])
        dimensions, nulls, oid = _HEADERS[little].unpack_from(raw)
        if oid not in _NATIVE:
            raise ValueError(f"a block array has no elements of type {oid}")
        native, stored = _NATIVE[oid], _STORED[little][oid]
        if not dimensions:
            return np.empty(0, native)
        if dimensions != 1 or nulls:
            raise ValueError("a block array has one dimension and no NULL")
        (length,) = _LENGTHS[little].unpack_from(raw, 12)
        begin = _ARRAY_HEADER.size
        if len(raw) - begin == length * native.itemsize:
            return np.frombuffer(raw, stored, offset=begin)
        items = np.frombuffer(
            raw, [("length", ">i4"), ("value", native.newbyteorder(">"))], offset=begin
        )
        return items["value"].astype(native)
