"""Texts with the character NUL, which PostgreSQL cannot store, and at which OGR cuts texts."""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from dias_cbm.errors import ParcelFileError

_ESCAPED = b"\\u0000"
# A name and its text, or its list, in JSON.
_TEXT = rb'"((?:[^"\\]|\\.)*+)"'
_PROPERTY = re.compile(_TEXT + rb"\s*+:\s*+(" + _TEXT + rb"|\[[^\[\]{}]*+\])", re.DOTALL)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_STEP = 1 << 24
_ZIP = re.compile(r"/vsizip/\{(.+?)\}/(.+)", re.DOTALL)


def cut_at_nul(table: pa.Table) -> tuple[pa.Table, dict[str, int]]:
    """A table whose texts end before the first NUL.

    :returns: also the number of texts that were cut, by column.
    """
    cut: dict[str, int] = {}
    for index, field in enumerate(table.schema):
        if not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
            continue
        column = table.column(index)
        number = pc.sum(pc.match_substring(column, "\0")).as_py()
        if number:
            cut[field.name] = number
            whole = [text and text.partition("\0")[0] for text in column.to_pylist()]
            table = table.set_column(index, field.name, pa.array(whole, field.type))
    return table, cut


def cut_in_json(source: str | Path, columns: Sequence[str]) -> dict[str, int]:
    """The texts of a GeoJSON file that OGR cuts at a NUL, by column.

    :param source: the file, or OGR's path of a member of a zip.
    """
    cut: Counter[str] = Counter()
    with _opened(source) as file:
        if not any(_ESCAPED in piece for piece in _pieces(file)):
            return {}
    with _opened(source) as file:
        content = file.read()
    names = {name.encode(): name for name in columns}
    for match in _PROPERTY.finditer(content):
        if match[1] in names and _NUL.search(match[2]):
            cut[names[match[1]]] += 1
    return dict(cut)


def check_whole(cut: Mapping[str, int], columns: Sequence[str], subject: object) -> None:
    """Check that no identifier or crop is cut.

    :raises ParcelFileError: one has a NUL.
    """
    for name in columns:
        if name in cut:
            raise ParcelFileError(
                f"column {name!r} has {cut[name]} texts with the character NUL",
                subject=subject,
                hint="remove it from the file (\\u0000 in JSON)",
            )


@contextmanager
def _opened(source: str | Path) -> Iterator[IO[bytes]]:
    match = _ZIP.fullmatch(str(source))
    if match is None:
        with Path(source).open("rb") as file:
            yield file
        return
    with zipfile.ZipFile(match[1]) as archive, archive.open(match[2]) as member:
        yield member


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """A file in pieces, each with the end of the one before it."""
    end = b""
    while piece := file.read(_STEP):
        yield end + piece
        end = piece[-len(_ESCAPED) :]
