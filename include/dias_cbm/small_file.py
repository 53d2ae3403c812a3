"""Files that people write: read whole, but never without a limit; whether one has changed."""

from __future__ import annotations

from pathlib import Path

#: Bytes. A table of this size has half a million lines.
LARGEST = 64 << 20
_PIECE = 1 << 20


def small_file(path: Path, largest: int = LARGEST) -> bytes:
    """The content of a file, a pipe, or a device such as ``/dev/null``.

    :param largest: size in bytes above which it is not read.
    :raises OSError: it cannot be read, or is too large; a device may have no end.
    """
    content = bytearray()
    with path.open("rb") as stream:
        # Piece by piece: a read of the limit at once would take as much memory for any file.
        while len(content) <= largest and (piece := stream.read(_PIECE)):
            content += piece
    if len(content) > largest:
        raise OSError(f"more than {largest / 1e6:,.0f} MB are too many")
    return bytes(content)


def stamp(path: Path) -> tuple[int, ...] | None:
    """A value that changes whenever the file changes; None if there is no file."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size
