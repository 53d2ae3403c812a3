"""The standard streams of ``cbm``: defined behaviour where one is closed, full or without a reader.

Results go to standard output, and an error in writing them ends the command. Notes go to standard
error, and an error in writing those is ignored.
"""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class OutputLost(Exception):
    """Standard output cannot be written to.

    :param reason: what the system reports; EPIPE where the reader has left.
    """

    def __init__(self, reason: OSError) -> None:
        self.reason = reason
        super().__init__(f"standard output: {reason.strerror}")


class _Results(io.FileIO):
    # An error of its own: as an OSError it could not be told from that of a file.
    def write(self, data: WriteableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise OutputLost(error) from error


class _Notes(io.FileIO):
    def write(self, data: WriteableBuffer, /) -> int:
        try:
            return super().write(data)
        except OSError:
            return memoryview(data).nbytes


def prepare() -> None:
    """Set up the standard streams; a character that they cannot encode is written as its escape."""
    # A closed one would be taken by the next file that is opened. Open the wrong way round,
    # standard output fails at the first write.
    for number, way in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        if not _is_open(number):
            os.open(os.devnull, way)
    if sys.stdin is None:
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = _text(_Results, 1, sys.stdout)
    sys.stderr = _text(_Notes, 2, sys.stderr)


def discard_output() -> None:
    """Throw away what standard output still holds, so that the interpreter cannot fail on it."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _text(kind: type[io.FileIO], number: int, before: TextIO | None) -> io.TextIOWrapper:
    binary = io.BufferedWriter(kind(number, "w", closefd=False))
    encoding = "utf-8" if before is None else before.encoding
    return io.TextIOWrapper(
        binary,
        encoding=encoding,
        errors="backslashreplace",
        line_buffering=number == 2 or binary.isatty(),
    )
