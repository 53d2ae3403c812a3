"""Checksums of a product's files, kept in the file of its provenance and checked before it is read.

A store verifies each file as it was sent. But a process that was frozen while it sent one, and lost
the product to another meanwhile, may replace a file of the other's by its own when it comes back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from dias_cbm.errors import ChecksumMismatch
from dias_cbm.storage.fetching import md5_of

#: In the folder of a product that was made here: how it was made, and its files' checksums.
FILE = "provenance.json"
KEY = "files"


def sums_of(product: Path) -> dict[str, str]:
    """File of a product, by its name within it -> MD5; without the file of its provenance."""
    files = (file for file in sorted(product.rglob("*")) if file.is_file())
    named = {file.relative_to(product).as_posix(): file for file in files}
    return {name: md5_of(file) for name, file in named.items() if name != FILE}


def check(product: Path, fetched: Callable[[str], bool], stored: Mapping[str, str | None]) -> None:
    """Check the files of a product in a store; one without checksums passes.

    :param fetched: whether a file was fetched, by its name within the product.
    :param stored: name of each file that is read where it is -> its MD5 as the store says it, if
        it does.
    :raises ChecksumMismatch: a file is not the one that the product was made with.
    """
    try:
        listed = json.loads((product / FILE).read_text()).get(KEY)
    except (OSError, ValueError, AttributeError):
        return
    for name, md5 in listed.items() if isinstance(listed, dict) else ():
        file = product / name
        found = md5_of(file) if fetched(name) and file.is_file() else stored.get(name)
        if found is not None and found != md5:
            raise ChecksumMismatch(
                "is not the file that the product was made with: a process that came back late may"
                " have replaced it",
                subject=f"{product.name}/{name}",
                hint="remove the product from its store, and it is made again",
            )
