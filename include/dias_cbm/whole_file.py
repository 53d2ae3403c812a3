"""A file or folder that appears complete or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dias_cbm.errors import OutputError

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def check_place(path: Path) -> None:
    """Check, before the work, that a file can be written to a path.

    :raises OutputError: it is a folder, or its folder does not exist or cannot be written to.
    """
    with output_errors(path):
        if path.is_dir():
            raise OutputError("is a folder, not a file", subject=path)
        folder = path.resolve(strict=path.is_symlink()).parent
        if not folder.is_dir():
            raise OutputError("its folder does not exist", subject=path)
        if not os.access(folder, os.W_OK):
            raise OutputError("its folder cannot be written to", subject=path)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``path`` when the context ends without an error.

    It lies in the same folder and has the same suffix. After an error nothing of it remains, and an
    earlier file is as it was. A link stays a link. A device or pipe is written to as it is.

    :raises OutputError: the file cannot be written, e.g. because the disk is full.
    """
    with output_errors(path):
        target = path.resolve(strict=path.is_symlink())
        if target.exists() and not target.is_file():
            yield target
            return
        aside = target.with_name(f".{secrets.token_hex(6)}.part{target.suffix}")
        try:
            yield aside
            _sync(aside)
            aside.replace(target)
        finally:
            # A writer may have left a journal beside its file.
            for rest in target.parent.glob(f"{aside.name}*"):
                rest.unlink(missing_ok=True)


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A folder to write to, which becomes ``folder`` when the context ends without an error.

    It lies beside it. After an error nothing of it remains; what a killed process leaves of it is
    removed the next time.

    :param folder: is created; it may be there if it is empty.
    :raises OutputError: the folder is not empty, or cannot be written.
    """
    with output_errors(folder):
        folder = folder.resolve()
        if folder.exists() and any(folder.iterdir()):
            raise OutputError("it is not empty", subject=folder, hint="give a new folder")
        aside = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(aside, ignore_errors=True)
        missing = [one for one in folder.parents if not one.exists()]
        aside.mkdir(parents=True)
        try:
            yield aside
            aside.rename(folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
            with suppress(OSError):
                for one in missing:
                    one.rmdir()


@contextmanager
def output_errors(path: Path) -> Iterator[None]:
    """Turn errors of the file system into errors of an output.

    :param path: file or folder that the user named.
    :raises OutputError: it cannot be written.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        # Up to Python 3.12 a loop of links is a RuntimeError.
        if not isinstance(error, OSError) and "loop" not in str(error):
            raise
        number = getattr(error, "errno", None)
        reason = getattr(error, "strerror", None) or str(error)
        hint = "free some space, then run it again" if number in _FULL else None
        raise OutputError(f"cannot be written: {reason}", subject=path, hint=hint) from error


def _sync(file: Path) -> None:
    """Flush a file to the disk, which may only then be found to be full."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
