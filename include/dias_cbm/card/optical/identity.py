"""Identity of an L1C product: all that names its acquisition must say the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from dias_cbm.errors import InconsistentProduct
from dias_cbm.scenes import parse_name, parse_time

#: What two names of one acquisition share; a reprocessed one has another baseline and time.
_SHARED = ("satellite", "start", "rel_orbit", "tile")
_TILE = re.compile(r".*_T(\d{2}[A-Z]{3})(?:_.*|$)")
#: Between the start of a datatake, which is in the name, and that of a product in it.
_LONGEST_DATATAKE = timedelta(hours=1)


def check_identity(root: Path, source: Path, name: str, granule: str, start: datetime) -> None:
    """Check that a product is what it is called.

    :param root: its folder; ``source`` what it was unpacked from, or the same. They may have any
        name, but not that of another acquisition.
    :param name: by its metadata; ``granule`` the name of its granule's folder.
    :param start: by its metadata.
    :raises InconsistentProduct: two of them contradict each other.
    """
    named = parse_name(name)
    if named.get("level") != "MSIL1C":
        raise InconsistentProduct(f"names {name!r}, which is not an L1C product", subject=root)
    for called in (parse_name(source.name), parse_name(root.name)):
        if called and _acquisition(called) != _acquisition(named):
            raise InconsistentProduct(f"holds the metadata of {name}", subject=source)
    if (tile := _TILE.fullmatch(granule)) and tile[1] != named["tile"]:
        raise InconsistentProduct(f"has a granule of tile {tile[1]}, not of {name}", subject=source)
    if abs(start - parse_time(named["start"])) > _LONGEST_DATATAKE:
        raise InconsistentProduct(f"is of {start:%F %T}, by its name {name}", subject=source)


def _acquisition(fields: Mapping[str, str]) -> list[str | None]:
    return [fields.get(field) for field in _SHARED]
