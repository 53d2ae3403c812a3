"""Times of annotations and orbit files, as seconds."""

from __future__ import annotations

import re

import numpy as np

#: NumPy would also take NaT, today, and years that its nanoseconds do not reach.
_TIME = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?")


def seconds_since(epoch: np.datetime64, utc: str) -> float:
    """A UTC time of an annotation or an orbit file in seconds.

    :raises ValueError: it is not a time.
    """
    if not _TIME.fullmatch(utc):
        raise ValueError(f"{utc[:40]!r} is not a time")
    nanoseconds = (np.datetime64(utc, "ns") - epoch).astype("timedelta64[ns]").astype(np.int64)
    return float(nanoseconds) * 1e-9
