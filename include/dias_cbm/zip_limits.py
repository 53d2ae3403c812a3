"""Limits on what a zip archive unpacks to, checked before any of it is unpacked."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

#: Products shrink to a tenth at most, tables of parcels to a hundredth; bombs to a thousandth.
LARGEST_RATIO = 200
#: No ratio is too high for an archive that unpacks to no more than this.
SMALL_BYTES = 256 << 20
LARGEST_BYTES = 64 << 30
MOST_FILES = 100_000


def excess(archive: zipfile.ZipFile, members: Sequence[zipfile.ZipInfo]) -> str | None:
    """Why an archive must not be unpacked, such as ``unpacks to 4.5 GB, 1,000 times its size``.

    Files never unpack to more than their listed size: the module zipfile stops there.

    :param members: of the archive, to be unpacked.
    :returns: None if all is well.
    """
    if len(members) > MOST_FILES:
        return f"holds {len(members):,} files, more than {MOST_FILES:,}"
    total = sum(member.file_size for member in members)
    size = max(1, Path(archive.filename or "").stat().st_size)
    if total > LARGEST_BYTES or (total > SMALL_BYTES and total > LARGEST_RATIO * size):
        return f"unpacks to {total / 1e9:.1f} GB, {total / size:,.0f} times its size"
    return None
