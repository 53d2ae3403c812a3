"""Layers of GeoPackage files."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import geopandas


def write_layer(frame: geopandas.GeoDataFrame, path: Path, layer: str, mode: str = "w") -> None:
    """Write a frame as a layer.

    :param mode: ``w`` for a new file, ``a`` to add to what is there.
    :raises OSError: it cannot be written, e.g. because the disk is full.
    """
    try:
        frame.to_file(path, driver="GPKG", layer=layer, engine="pyogrio", mode=mode)
    except RuntimeError as error:
        # OGR's text has the statement that failed first, and the reason last.
        reason = str(error).rpartition("failed: ")[2].strip()
        raise OSError(errno.EIO, reason, str(path)) from error
