"""Rounding of pixels to fewer significant bits, so that they are compressed better."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Significant bits of a float32: 23 are stored.
ALL_BITS = 24


def round_to_bits(values: NDArray[np.float32], bits: int, nodata: float) -> None:
    """Round values in place to the nearest that have few significant bits.

    The relative error is at most 2**-bits, and means are not biased: half of all values are rounded
    up. Infinities stay, and so does nodata, which may have more bits.

    :param values: without NaN, in one piece.
    :param bits: from 2 to 24, which changes nothing.
    """
    if bits == ALL_BITS:
        return
    missing = values == np.float32(nodata)
    dropped = ALL_BITS - bits
    # A float's bits are in the order of its magnitude, and a carry goes into the exponent.
    stored = values.view(np.uint32)
    stored += np.uint32(1 << (dropped - 1))
    stored &= np.uint32(0xFFFFFFFF & -(1 << dropped))
    values[missing] = nodata
