"""Files that people write: read whole, but never without a limit."""

from __future__ import annotations

import stat
from pathlib import Path

#: Bytes. A table of this size has half a million lines.
LARGEST = 64 << 20


def small_file(path: Path, largest: int = LARGEST) -> bytes:
    """The content of a file.

    :param largest: size in bytes above which it is not read.
    :raises OSError: it cannot be read, is too large, or is a device or a pipe, which may never end.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OSError("is not a file")
    with path.open("rb") as stream:
        content = stream.read(largest + 1)
    if len(content) > largest:
        raise OSError(f"more than {largest / 1e6:,.0f} MB are too many")
    return content
