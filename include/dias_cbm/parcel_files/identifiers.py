"""Identifiers of parcels: exact text, from one column or from several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from dias_cbm.errors import ParcelFileError
from dias_cbm.parcel_files.values import check_exact, check_not_negative, texts

#: As identifier column: the feature number of the file, where no attribute has this name.
FEATURE_NUMBER = "fid"
#: Between the values of several columns.
SEPARATOR = ":"


def id_columns(text: str, present: Sequence[str]) -> list[str]:
    """The columns that identify a parcel, from text such as ``Marknr,skifte``.

    :param present: columns of the layer; one whose name holds a comma is meant as a whole.
    """
    if text in present:
        return [text]
    return [name.strip() for name in text.split(",") if name.strip()] or [text]


def is_feature_number(column: str, present: Sequence[str]) -> bool:
    """Whether a column's name means the number that the file gives each feature."""
    return column.lower() == FEATURE_NUMBER and column not in present


def check_columns(
    path: Path, layer: str, wanted: Sequence[str], present: Sequence[str]
) -> list[str]:
    """Check that a layer has these attributes; the feature number is always there.

    :returns: those that are attributes.
    :raises ParcelFileError: names the missing ones and those present.
    """
    attributes = [name for name in wanted if not is_feature_number(name, present)]
    missing = [name for name in attributes if name not in present]
    if missing:
        raise ParcelFileError(
            f"no column {', '.join(map(repr, missing))} in layer {layer!r}",
            subject=path,
            hint=f"columns: {', '.join(present)}",
        )
    return list(dict.fromkeys(attributes))


def identifiers(table: pa.Table, columns: Sequence[str], subject: object) -> list[str | None]:
    """Identifiers of all features; None where a column has no value.

    :param table: whose first column is the feature number.
    :param columns: of which the identifiers consist.
    :raises ParcelFileError: numbers are rounded or negative, or several columns are ambiguous.
    """
    parts = [_values(table, column, subject) for column in columns]
    if len(parts) == 1:
        return parts[0]
    for column, values in zip(columns, parts, strict=True):
        held = next((value for value in values if value and SEPARATOR in value), None)
        if held is not None:
            raise ParcelFileError(
                f"column {column!r} has {held!r}, with the {SEPARATOR!r} that joins identifiers"
                " of several columns",
                subject=subject,
                hint="join the columns in the file",
            )
    return [
        None if None in row else SEPARATOR.join(value for value in row if value is not None)
        for row in zip(*parts, strict=True)
    ]


def _values(table: pa.Table, name: str, subject: object) -> list[str | None]:
    if is_feature_number(name, table.column_names[1:]):
        return texts(table.column(0))
    column = table.columns[table.column_names.index(name, 1)]
    check_exact(column, name, subject)
    check_not_negative(column, name, subject)
    return texts(column)
