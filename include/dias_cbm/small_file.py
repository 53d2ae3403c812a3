"""Files that people write: read whole, but never without a limit."""

from __future__ import annotations

from pathlib import Path

#: Bytes. A table of this size has half a million lines.
LARGEST = 64 << 20


def small_file(path: Path, largest: int = LARGEST) -> bytes:
    """The content of a file, a pipe, or a device such as ``/dev/null``.

    :param largest: size in bytes above which it is not read.
    :raises OSError: it cannot be read, or is too large; a device may have no end.
    """
    with path.open("rb") as stream:
        content = stream.read(largest + 1)
    if len(content) > largest:
        raise OSError(f"more than {largest / 1e6:,.0f} MB are too many")
    return content
