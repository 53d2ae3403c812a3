"""The geoid: from heights above the sea to heights above the ellipsoid."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray

from dias_cbm.vertical_datum import VerticalDatum

Floats = NDArray[np.float64]

_FILE = Path(__file__).with_name("egm96.tif")
_CENTIMETRE = 0.01


def undulation(longitude: Floats, latitude: Floats, datum: VerticalDatum) -> Floats:
    """Height of a vertical datum above the WGS 84 ellipsoid, in m.

    EGM96 every half degree, bilinear: within 0.9 m of its own 15' grid over Europe.

    :param longitude: degrees, any multiple of 360 added.
    :param latitude: degrees.
    """
    if datum is VerticalDatum.ELLIPSOID:
        return np.zeros(np.shape(longitude))
    nodes = _nodes()
    rows, columns = nodes.shape
    step = 180 / (rows - 1)
    row = np.clip((90 - np.asarray(latitude, float)) / step, 0, rows - 1)
    column = np.mod(np.asarray(longitude, float) + 180, 360) / step
    top, left = np.minimum(row.astype(int), rows - 2), np.minimum(column.astype(int), columns - 2)
    down, right = row - top, column - left
    upper = nodes[top, left] * (1 - right) + nodes[top, left + 1] * right
    lower = nodes[top + 1, left] * (1 - right) + nodes[top + 1, left + 1] * right
    return upper * (1 - down) + lower * down


@cache
def _nodes() -> Floats:
    with rasterio.open(_FILE) as dataset:
        return dataset.read(1).astype(float) * _CENTIMETRE
