"""Probability that a drop was a cut, by the fall of NDMI and by the days between the two looks.

A logistic model of the two classes, shrunk towards the mean rate, fitted on the meadows with camera
dates of gee-mowing-detection (213 plot-years, 43 sites): an event is true if a cut was dated within
ten days of it. ``cbm evidence markers`` fits it again, by folds of sites.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Upper edges of the classes of the fall of NDMI, and of the days between looks; the last are open.
DROPS = (0.2, 0.25, 0.4)
WIDTHS = (5, 10, 15)

#: By class of drop (rows) and of width (columns).
TABLE = np.array(
    [
        [0.77, 0.73, 0.68, 0.54],
        [0.79, 0.76, 0.71, 0.57],
        [0.89, 0.87, 0.84, 0.74],
        [0.94, 0.92, 0.90, 0.84],
    ],
    np.float32,
)


def classes(drop: NDArray[Any], width: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The classes [m] of events: row and column of the table.

    :param drop: fall of NDMI.
    :param width: days between the looks.
    """
    row = np.searchsorted(DROPS, drop, side="right")
    return row, np.searchsorted(WIDTHS, width, side="left")


def probability(drop: NDArray[Any], width: NDArray[Any]) -> NDArray[np.float32]:
    """Probability float32[m] that these drops are cuts."""
    return TABLE[classes(drop, width)]
