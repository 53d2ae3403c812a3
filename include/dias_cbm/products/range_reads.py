"""Range reads: the rule for files that stay in their store and are read piece by piece."""

from __future__ import annotations

import re

from dias_cbm.cards import RADAR_KINDS
from dias_cbm.config.settings import settings
from dias_cbm.db.connection import Connection
from dias_cbm.db.queries import query
from dias_cbm.scenes import Kind
from dias_cbm.storage import Ranged

_MB = 1 << 20
#: Rasters that GDAL reads piece by piece without decoding the rest. Sentinel-2's JPEG 2000 is not
#: among them: its tiles are decoded by the row, and a season needs nearly all of them.
_RASTER = re.compile(r".*\.(?:img|tiff?)", re.IGNORECASE)


def ranged(connection: Connection, scene_id: int, kind: Kind) -> Ranged | None:
    """The rule for a scene: large files of which little is needed are read by ranges.

    All others are fetched once, verified by checksum, and removed after the extraction. Files read
    by ranges are verified by their size only.

    :returns: a test of a file's path in the product and its size in bytes; None to fetch all.
    """
    if kind not in RADAR_KINDS:
        return None
    limits = settings().store
    row = connection.execute(query("products/scene_share"), {"scene": scene_id}).fetchone()
    if row is None or row.share is None:
        return None
    if row.share >= limits.range_reads_below and limits.range_reads_below < 1:
        return None
    smallest = limits.range_reads_from_mb * _MB
    return lambda name, size: size >= smallest and _RASTER.fullmatch(name) is not None
