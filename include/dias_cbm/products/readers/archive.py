"""Products in a zip: unpacks the files needed, and none outside the target folder."""

from __future__ import annotations

import errno
import lzma
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from dias_cbm.errors import CardFailed, CorruptProduct
from dias_cbm.zip_limits import excess

#: What unpacking raises on an archive that is damaged, by the way in which it is packed.
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, ValueError,
    RuntimeError,
)  # fmt: skip
#: What is not the disk's fault either: what bzip2 raises, and names that no folder can have.
_NOT_THE_DISK = (None, errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR)
_CHUNK = 4 * 1024**2
#: Room that unpacking leaves on the disk.
_FREE_BYTES = 256 << 20

#: Largest files of real products: XML about 2 MB, an image 1.7 GB.
_LARGEST_XML, _LARGEST_IMAGE = 64 * 1024**2, 8 * 1024**3


@contextmanager
def unpacked(
    source: Path, scratch: Path, wanted: Callable[[str], bool], *, marker: str
) -> Iterator[Path]:
    """A product as a folder; the wanted files of a zip are unpacked and removed afterwards.

    :param source: ``.SAFE`` folder, a folder or a zip that holds one.
    :param scratch: where to unpack.
    :param wanted: called with a file's path in the product, ``/`` between folders.
    :param marker: the folder that identifies a product.
    :raises CorruptProduct: missing, not such a product, a broken zip, or one that would write
        outside its folder.
    :raises CardFailed: the disk is full.
    """
    if source.is_dir():
        yield _product_folder(source, source, marker)
        return
    if not source.is_file():
        raise CorruptProduct("does not exist", subject=source)
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpacked-", dir=scratch) as folder:
        _unpack(source, Path(folder), wanted)
        yield _product_folder(Path(folder), source, marker)


def unpack_whole(source: Path, folder: Path) -> None:
    """Unpack all of a product's zip; if it holds one folder, that becomes the product's folder.

    :param folder: created here.
    :raises CorruptProduct: a broken zip, one that would write outside its folder, or an empty one.
    :raises CardFailed: the disk has no room.
    """
    scratch = Path(tempfile.mkdtemp(prefix=".unpacked-", dir=folder.parent))
    try:
        _unpack(source, scratch, lambda _: True)
        found = list(scratch.iterdir())
        if not found:
            raise CorruptProduct("is an empty zip", subject=source)
        # A BEAM-DIMAP image folder is only a part of a product.
        alone = len(found) == 1 and found[0].is_dir() and found[0].suffix != ".data"
        (found[0] if alone else scratch).rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _product_folder(folder: Path, source: Path, marker: str) -> Path:
    """The folder that holds the marker: this one, or the one subfolder that has it."""
    if (folder / marker).is_dir():
        return folder
    below = sorted(one for one in folder.iterdir() if (one / marker).is_dir())
    if len(below) != 1:
        raise CorruptProduct(
            f"is not the SAFE expected: it has no {marker} folder, or several", subject=source
        )
    return below[0]


def _unpack(source: Path, folder: Path, wanted: Callable[[str], bool]) -> None:
    try:
        with zipfile.ZipFile(source) as archive:
            members = [one for one in archive.infolist() if _is_wanted(one, source, wanted)]
            if why := excess(archive, members):
                raise CorruptProduct(why, subject=source)
            total = sum(one.file_size for one in members)
            if total + _FREE_BYTES > shutil.disk_usage(folder).free:
                raise CardFailed(
                    f"needs {total / 1e9:.1f} GB to unpack, more than is free", subject=source
                )
            for member in members:
                path = folder / member.filename
                path.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as packed, path.open("xb") as plain:
                    shutil.copyfileobj(packed, plain, _CHUNK)
    except _DAMAGED as error:
        raise CorruptProduct(f"cannot be unpacked: {error}", subject=source) from error
    except FileExistsError as error:
        raise CorruptProduct("contains a file twice", subject=source) from error
    except OSError as error:
        if error.errno in _NOT_THE_DISK:
            raise CorruptProduct(f"cannot be unpacked: {error}", subject=source) from error
        raise CardFailed(f"unpacking failed: {error}", subject=source) from error


def _is_wanted(member: zipfile.ZipInfo, source: Path, wanted: Callable[[str], bool]) -> bool:
    """Whether to unpack a member; one that points outside makes the whole archive invalid."""
    name = PurePosixPath(member.filename)
    link = stat.S_ISLNK(member.external_attr >> 16)
    if name.is_absolute() or ".." in name.parts or "\\" in member.filename or link:
        raise CorruptProduct(
            f"{member.filename!r} would be written outside its folder", subject=source
        )
    safe = next((i for i, part in enumerate(name.parts) if part.upper().endswith(".SAFE")), -1)
    if member.is_dir() or not wanted("/".join(name.parts[safe + 1 :])):
        return False
    largest = _LARGEST_XML if name.suffix.lower() == ".xml" else _LARGEST_IMAGE
    if member.file_size > largest:
        raise CorruptProduct(
            f"{member.filename!r} has {member.file_size:,} bytes, more than any product's file",
            subject=source,
        )
    return True
