"""Texts of a vector file in an encoding other than UTF-8."""

from __future__ import annotations

import codecs

import pyarrow as pa
import pyarrow.compute as pc

from dias_cbm.errors import ParcelFileError

_ONE_BYTE = ("cp1252", "iso-8859-1")
# First bytes of UTF-8's letters with accents, as one-byte encodings show them.
_LEAD_BYTES = "[ÂÃÄÅÎÐ]"
_LIKELY = ("cp1252", "iso-8859-15", "cp1250", "cp850")


def check_encoding(name: str | None) -> None:
    """Check that an encoding exists.

    :raises ParcelFileError: Python does not know it.
    """
    if name is None:
        return
    try:
        codecs.lookup(name)
    except LookupError:
        raise ParcelFileError(
            "unknown encoding", subject=name, hint=f"for example {' or '.join(_LIKELY)}"
        ) from None


def not_utf8(content: bytes, what: str, subject: object) -> ParcelFileError:
    """The error for text that is not UTF-8, with what likely encodings would make of it."""
    readings = [
        f"{name} reads {text}" for name in _LIKELY if (text := _decoded(content, name)) is not None
    ]
    return ParcelFileError(
        f"{what} is not in the encoding that the file declares, nor in UTF-8",
        subject=subject,
        hint=f"name it with --encoding: {', '.join(readings)}",
    )


def decode_texts(table: pa.Table, encoding: str | None, subject: object) -> pa.Table:
    """A table whose texts are all valid; those that are not UTF-8 are decoded.

    :param encoding: of texts that are not UTF-8.
    :raises ParcelFileError: a text is not UTF-8, and not in ``encoding`` either.
    """
    for index, field in enumerate(table.schema):
        if not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
            continue
        column = table.column(index)
        try:
            column.validate(full=True)
        except pa.ArrowInvalid:
            raw = column.cast(pa.binary(), safe=False).to_pylist()
            texts = [_text(value, encoding, field.name, subject) for value in raw]
            table = table.set_column(index, field.name, pa.array(texts, pa.string()))
    return table


def check_not_misread(table: pa.Table, subject: object) -> None:
    """Check that no text is UTF-8 that was read in the one-byte encoding a file declares.

    :raises ParcelFileError: such as RÃ¸dklÃ¸ver, which is Rødkløver.
    """
    for index, field in enumerate(table.schema):
        if not (pa.types.is_string(field.type) or pa.types.is_large_string(field.type)):
            continue
        column = table.column(index)
        suspects = column.filter(pc.match_substring_regex(column, _LEAD_BYTES))
        for text in suspects.to_pylist():
            meant = next((m for name in _ONE_BYTE if (m := _as_utf8(text, name))), None)
            if meant is not None:
                raise ParcelFileError(
                    f"text of column {field.name!r} reads {text}, since the file declares another"
                    " encoding than it has",
                    subject=subject,
                    hint=f"name it with --encoding: utf-8 reads {meant}",
                )


def _as_utf8(text: str, encoding: str) -> str | None:
    try:
        return text.encode(encoding).decode("utf-8")
    except UnicodeError:
        return None


def _text(value: bytes | None, encoding: str | None, column: str, subject: object) -> str | None:
    if value is None:
        return None
    for name in ("utf-8", encoding):
        text = None if name is None else _decoded(value, name)
        if text is not None:
            return text
    raise not_utf8(value, f"text of column {column!r}", subject)


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        return None
