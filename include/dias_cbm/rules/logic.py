"""Three-valued logic (Kleene) on arrays: true, false, and not known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: int8 arrays of TRUE, UNKNOWN and FALSE, of one shape.
Truth = NDArray[np.int8]

TRUE, UNKNOWN, FALSE = np.int8(1), np.int8(0), np.int8(-1)


def truth(true: NDArray[np.bool_], false: NDArray[np.bool_]) -> Truth:
    """TRUE and FALSE where these say so, UNKNOWN elsewhere; TRUE comes first."""
    return np.where(true, TRUE, np.where(false, FALSE, UNKNOWN)).astype(np.int8)


def all_of(parts: Sequence[Truth]) -> Truth:
    """FALSE if any part is, else UNKNOWN if any part is, else TRUE."""
    return np.minimum.reduce(parts)


def any_of(parts: Sequence[Truth]) -> Truth:
    """TRUE if any part is, else UNKNOWN if any part is, else FALSE."""
    return np.maximum.reduce(parts)


def n_of(parts: Sequence[Truth], n: int) -> Truth:
    """TRUE if at least n parts are; FALSE if they cannot be; else UNKNOWN."""
    values = np.stack(parts)
    return truth((values == TRUE).sum(axis=0) >= n, (values != FALSE).sum(axis=0) < n)
