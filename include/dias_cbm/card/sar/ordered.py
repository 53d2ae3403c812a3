"""Lists of an annotation in order of time, each time once.

Where slices were assembled, lists of the later slice begin again before the earlier one's end.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dias_cbm.errors import CbmError, InconsistentProduct

Floats = NDArray[np.float64]

#: Entries nearer to each other than this, in the unit of their key, are of the same place.
_SAME = 1e-6


def in_order(
    key: Floats,
    values: Floats,
    tolerance: float,
    what: str,
    path: Path,
    refusal: type[CbmError] = InconsistentProduct,
) -> tuple[Floats, Floats]:
    """Entries sorted by their key, without those that are there twice.

    :param key: (n,): times, or lines.
    :param values: (n, ...).
    :param tolerance: how much entries of the same key may differ; the first is kept.
    :param what: the entries, for the message.
    :raises CbmError: ``refusal``: two entries of the same key differ by more.
    """
    order = np.argsort(key, kind="stable")
    key, values = key[order], values[order]
    first = np.r_[True, np.diff(key) > _SAME]
    kept = np.flatnonzero(first)
    of = kept[np.cumsum(first) - 1]
    if not (np.abs(values - values[of]) <= tolerance).all():
        raise refusal(f"has two {what} of the same time that contradict", subject=path)
    return key[kept], values[kept]
