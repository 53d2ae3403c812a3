"""Tables of records from elsewhere, CSV or Parquet, read a piece at a time.

Memory does not grow with the file. Texts, which repeat in such tables, come as codes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dias_cbm.errors import RecordFileError

_BYTES = 4 << 20
_ROWS = 1 << 16
_LONGEST_HEAD = 1 << 16
_NOTHING = ("", "NA", "N/A", "NaN", "nan", "NAN", "-nan", "NULL", "null", "None", "\\N")


@dataclass(frozen=True, slots=True)
class Texts:
    """A column of texts.

    :param code: int64[n], position of each row's text in ``values``.
    :param values: the texts, stripped; empty where the file has none.
    """

    code: NDArray[np.int64]
    values: list[str]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some rows of a table.

    :param first: number of its first row; the first one below the names of the columns is 1.
    :param rows: how many there are.
    :param texts: by name of the column.
    :param numbers: float64[n] by name of the column; NaN where the file has none.
    """

    first: int
    rows: int
    texts: Mapping[str, Texts]
    numbers: Mapping[str, NDArray[np.float64]]


def columns_of(path: Path) -> list[str]:
    """The names of a table's columns.

    :raises RecordFileError: it cannot be read, or a name is there twice.
    """
    with _readable(path):
        if _is_parquet(path):
            with pq.ParquetFile(path) as table:
                names = list(table.schema_arrow.names)
        else:
            names, _ = _head(path)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RecordFileError(f"has the column {twice[0]} twice", subject=path)
    return names


def pieces(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[Piece]:
    """The rows of a table, in its order.

    Days and times in a Parquet file become the text of their day in UTC.

    :param texts: columns to read as texts.
    :param numbers: columns to read as numbers.
    :raises RecordFileError: it cannot be read, or a cell is not a number.
    """
    first = 1
    with _readable(path):
        for batch in _batches(path, texts, numbers):
            yield Piece(
                first,
                batch.num_rows,
                {name: _coded(batch.column(name)) for name in texts},
                {name: _floats(batch.column(name)) for name in numbers},
            )
            first += batch.num_rows


def hash_of(path: Path) -> str:
    """SHA-256 of a file.

    :raises RecordFileError: it cannot be read.
    """
    with _readable(path), path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        if not path.is_file():
            raise RecordFileError("there is no such file", subject=path)
        yield
    except (OSError, UnicodeDecodeError, pa.ArrowException, pa.ArrowInvalid) as error:
        reason = str(error).partition("\n")[0]
        raise RecordFileError(f"cannot be read: {reason}", subject=path) from error


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"PAR1"


def _head(path: Path) -> tuple[list[str], str]:
    """Names of the columns of a CSV file, and what stands between them."""
    with path.open("rb") as stream:
        raw = stream.read(_LONGEST_HEAD)
    lines = raw.decode("utf-8-sig", errors="replace").splitlines()
    head = lines[0] if lines else ""
    if not head.strip() or "\0" in head or (len(raw) == _LONGEST_HEAD and len(lines) < 2):
        raise RecordFileError("is neither Parquet nor CSV with names of columns", subject=path)
    delimiter = max(",;\t|", key=head.count)
    return [name.strip().strip('"') for name in head.split(delimiter)], delimiter


def _batches(path: Path, texts: Sequence[str], numbers: Sequence[str]) -> Iterator[pa.RecordBatch]:
    wanted = [*texts, *numbers]
    if _is_parquet(path):
        with pq.ParquetFile(path) as table:
            yield from table.iter_batches(_ROWS, columns=wanted)
        return
    names, delimiter = _head(path)
    with pa.csv.open_csv(
        path,
        pa.csv.ReadOptions(block_size=_BYTES, column_names=names, skip_rows=1),
        pa.csv.ParseOptions(delimiter=delimiter),
        pa.csv.ConvertOptions(
            column_types=dict.fromkeys(texts, pa.string()) | dict.fromkeys(numbers, pa.float64()),
            include_columns=wanted,
            null_values=_NOTHING,
            strings_can_be_null=False,
        ),
    ) as table:
        yield from table


def _coded(column: pa.Array) -> Texts:
    kind = column.type
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    elif pa.types.is_timestamp(kind):
        column = column.cast(pa.date32(), safe=False)
    elif pa.types.is_floating(kind):
        column = column.cast(pa.int64())
    coded = pc.fill_null(column.cast(pa.string()), "").dictionary_encode()
    code = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return Texts(code, [text.strip() for text in coded.dictionary.to_pylist()])


def _floats(column: Any) -> NDArray[np.float64]:
    found: NDArray[np.float64] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return found
