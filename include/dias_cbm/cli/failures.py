"""Reports of failed commands: an exit code, and one line on standard error."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from typing import NamedTuple

from dias_cbm.cli.streams import OutputLost
from dias_cbm.errors import CbmError
from dias_cbm.extras import missing_extra

#: Exit codes, as docs/commands.md explains them.
DONE, FAILED, MISUSED, DEFECT, INTERRUPTED, NO_READER = 0, 1, 2, 70, 130, 141


class Failure(NamedTuple):
    """What a command that failed reports.

    :param message: for the user; empty where the user knows.
    """

    code: int
    message: str


def failure(error: BaseException, arguments: Sequence[str] = ()) -> Failure:
    """What to report for an error; a defect of the product leaves its traceback in a file.

    :param arguments: of the command line.
    """
    if isinstance(error, KeyboardInterrupt):
        return Failure(INTERRUPTED, "")
    if isinstance(error, OutputLost) and error.reason.errno == errno.EPIPE:
        return Failure(NO_READER, "")
    message = explained(error)
    if message is None and isinstance(error, UnicodeEncodeError):
        message = _not_text(arguments)
    if message is None:
        return Failure(DEFECT, _defect(error))
    return Failure(FAILED, printable(message))


def explained(error: BaseException) -> str | None:
    """The message for an error that is not a defect of the product; None for a defect."""
    if isinstance(error, (CbmError, OutputLost)):
        return str(error)
    extra = missing_extra(error)
    if extra is not None:
        return f"this needs dias-cbm[{extra}]: {error}"
    if isinstance(error, OSError):
        return _of_system(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    return _of_database(error) if "psycopg" in sys.modules else None


def printable(text: str) -> str:
    """A text in one line, with escapes for what a terminal would not show."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape", "surrogatepass").decode()
        for one in text.strip()
    )


def _not_text(arguments: Sequence[str]) -> str | None:
    """The argument that is not UTF-8, which only the name of a file may be."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            return f"{argument}: is not UTF-8"
    return None


def _of_system(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    named = [os.fsdecode(one) for one in (error.filename, error.filename2) if _is_path(one)]
    return f"{' -> '.join(named)}: {reason}" if named else reason


def _is_path(one: object) -> bool:
    return isinstance(one, (str, bytes, os.PathLike))


def _of_database(error: BaseException) -> str | None:
    from psycopg import DataError, OperationalError, errors

    first_line = str(error).partition("\n")[0]
    if isinstance(error, (errors.UndefinedTable, errors.UndefinedColumn, errors.UndefinedObject)):
        return f"the database is not up to date: {first_line} (cbm db migrate)"
    if isinstance(error, (errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)):
        return f"the database does not allow this: {first_line} (see the setting database.url)"
    if isinstance(error, OperationalError):
        return f"the database cannot be used: {first_line} (see the setting database.url)"
    if isinstance(error, DataError):
        return f"the database refuses a value: {first_line}"
    return None


def _defect(error: BaseException) -> str:
    """A line about a defect, which names the file that its traceback is written to."""
    what = f"{type(error).__name__}: {error}".partition("\n")[0].strip()
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="cbm-defect-", suffix=".txt", delete=False, errors="backslashreplace"
        ) as file:
            traceback.print_exception(error, file=file)
    except OSError:
        return printable(f"a defect of cbm: {what}")
    return f"{printable(f'a defect of cbm: {what}')} (please report it with {file.name})"
