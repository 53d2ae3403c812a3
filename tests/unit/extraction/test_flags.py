"""Parcels that a rule leaves with little or nothing are named."""

import numpy as np

from dias_cbm.extraction.flags import FEW_PIXELS, VANISHES, flag, notes
from dias_cbm.extraction.stream import Zonal

# Five parcels in a fine and a coarse band; the last lies outside, the fourth has vanished.
PIXELS = np.array([[40.0, 8, 0, 0, 0], [10, 2, 0, 0, 0]])
INSIDE = np.array([[1, 1, 1, 1, 0], [1, 1, 1, 1, 0]], bool)
VANISHED = np.array([0, 0, 0, 1, 0], bool)
ZONAL = Zonal(["B04", "B11"], np.zeros((2, 5, 8)), INSIDE, PIXELS)


def test_parcels_are_flagged_once_by_the_finest_band() -> None:
    flags = flag(ZONAL, VANISHED, 8)
    assert flags.parcels == [2, 3]
    assert flags.reasons == [FEW_PIXELS, VANISHES]
    assert flag(ZONAL, VANISHED, 9).parcels == [1, 2, 3]
    assert flag(ZONAL, VANISHED, 9).pixels == [8, 0, 0]


def test_notes_are_by_band() -> None:
    assert notes(ZONAL, VANISHED, 8).tolist() == [
        [None, None, FEW_PIXELS, VANISHES, None],
        [None, FEW_PIXELS, FEW_PIXELS, VANISHES, None],
    ]
