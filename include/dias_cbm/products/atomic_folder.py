"""A folder that appears complete or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.errors import RasterioError

from dias_cbm.errors import CardFailed

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def begin(path: Path) -> Path:
    """Create a work folder beside ``path``, with a hidden name that ends in ``.part``.

    :raises CardFailed: ``path`` exists already.
    """
    if path.exists():
        raise CardFailed("exists already", subject=path, hint="remove it to make it again")
    path.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(".part", f".{path.name}.", path.parent))
    work.chmod(0o755)
    return work


def appear(work: Path, path: Path) -> None:
    """Rename a work folder to its final name, durably.

    :raises CardFailed: another process was faster, or a GeoTIFF in it is not whole.
    """
    for file in work.rglob("*.tif"):
        _check_written(file)
    for one in (*work.rglob("*"), work):
        sync(one)
    try:
        work.rename(path)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise
        raise CardFailed("was made by another process meanwhile", subject=path) from error
    sync(path.parent)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn errors of the disk into errors of the product.

    :raises CardFailed: the disk is full or fails.
    """
    try:
        yield
    # Some are of the system without a number; copying a file raises GDAL's own.
    except (RasterioError, CPLE_BaseError) as error:
        raise CardFailed(
            f"cannot be written: {error}", subject=path, hint="is the disk full?"
        ) from error
    except OSError as error:
        full = error.errno in _FULL
        message = "the disk is full" if full else f"cannot be written: {error}"
        hint = "free some space, then run it again" if full else None
        raise CardFailed(message, subject=path, hint=hint) from error


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A work folder beside ``path`` that takes its name when the context ends without an error.

    After an error nothing remains.

    :raises CardFailed: ``path`` exists already, or the disk is full.
    """
    work = None
    try:
        with disk_errors(path):
            work = begin(path)
            yield work
            appear(work, path)
    finally:
        if work is not None and work.exists():
            shutil.rmtree(work, ignore_errors=True)


def sync(path: Path) -> None:
    """Flush a file or folder to the disk."""
    with _descriptor(path) as descriptor:
        os.fsync(descriptor)


def begin_sync(path: Path, start: int = 0) -> int:
    """Let the system begin to put a file on the disk, without waiting for it.

    :param start: where it begins, in bytes. What is before it stays in memory: who reads the file
        when it is whole, as for its checksum, would have to read that from the disk.
    :returns: the file's size, which is the next start.
    """
    with _descriptor(path) as descriptor:
        size = os.fstat(descriptor).st_size
        begin_to_write(descriptor, start, size - start)
    return size


def begin_to_write(descriptor: int, start: int, size: int) -> None:
    """Let the system begin to put a part of an open file on the disk, without waiting for it.

    :param size: in bytes, as ``start``.
    """
    # Linux begins to write the pages; those that are on the disk already it drops. A system that
    # takes no advice writes them later.
    if size > 0:
        with suppress(OSError):
            os.posix_fadvise(descriptor, start, size, os.POSIX_FADV_DONTNEED)


@contextmanager
def _descriptor(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _check_written(path: Path) -> None:
    """Check that a GeoTIFF that was just closed is whole, without decoding it.

    What GDAL writes while it closes a file, the last tiles and their directory, may not find room
    on the disk; it only logs that.

    :raises CardFailed: a tile or the directory is missing.
    """
    size = path.stat().st_size
    with disk_errors(path), rasterio.open(path, driver="GTiff") as dataset:
        for band in dataset.indexes:
            height, width = dataset.block_shapes[band - 1]
            for row in range(-(-dataset.height // height)):
                for column in range(-(-dataset.width // width)):
                    offset, length = (
                        dataset.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", bidx=band)
                        for what in ("OFFSET", "SIZE")
                    )
                    if not length or int(offset) + int(length) > size:
                        raise CardFailed(
                            f"lacks the tile in row {row}, column {column}",
                            subject=path,
                            hint="is the disk full?",
                        )
