"""The Parquet format of all exports: zstd, floats split by byte, row groups of bounded size."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

# A row group of 256 blocks names up to 252,000 parcels.
_DICTIONARY_BYTES = 32 << 20
# By default pages have 20,000 rows and are filled by 1,024 at a time: a quarter of the CPU time of
# large row groups went into that. A page still ends at 1 MB.
_LARGE_PAGES = {"max_rows_per_page": 1 << 20, "write_batch_size": 1 << 16}


@contextmanager
def parquet_writer(
    path: Path, schema: pa.Schema, *, repeated: Collection[str] = ()
) -> Iterator[pq.ParquetWriter]:
    """Open a writer; each table written becomes a row group.

    Splitting floats by byte makes them a tenth smaller. Texts repeat, so they get dictionaries.

    :param repeated: columns that the tables have as dictionaries. The file tells nothing of it: it
        has the types of ``schema``. Parcels have no statistics, which would exclude no row group.
    """
    floats = [field.name for field in schema if pa.types.is_floating(field.type)]
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    coded = [
        field.with_type(pa.dictionary(pa.int32(), field.type)) if field.name in repeated else field
        for field in schema
    ]
    with pq.ParquetWriter(
        path,
        pa.schema(coded, schema.metadata),
        compression="zstd",
        use_dictionary=[*{*texts, *(name for name in schema.names if name in repeated)}],
        dictionary_pagesize_limit=_DICTIONARY_BYTES,
        column_encoding=dict.fromkeys(floats, "BYTE_STREAM_SPLIT"),
        store_schema=not repeated,
        write_statistics=[name for name in schema.names if name != "pid"] if repeated else True,
        **(_LARGE_PAGES if repeated else {}),
    ) as writer:
        yield writer
