"""A product to be made without a ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shapely import MultiPolygon

from dias_cbm.scenes import Kind


@dataclass(frozen=True, slots=True)
class Planned:
    """What is known beforehand of a product that no ledger lists.

    :param reference: the name to look for it by.
    :param obstime: sensing start; aware UTC.
    """

    kind: Kind
    reference: str
    obstime: datetime
    footprint: MultiPolygon | None = None
    tile: str | None = None
    location: str | None = None
    size: int | None = None
    checksum: str | None = None
