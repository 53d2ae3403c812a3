"""Provenance of a list: hashes of what it was made from, and where it was made."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LIBRARIES = ("numpy", "lightgbm", "numba")


def of_array(values: NDArray[Any]) -> str:
    """Hash of an array's shape and bytes, read in place."""
    digest = hashlib.sha256(str((values.shape, values.dtype.str)).encode())
    digest.update(np.ascontiguousarray(values).data)
    return _short(digest)


def of_labels(pids: Iterable[str], crops: Iterable[str]) -> str:
    """Hash of the declared crops, parcel by parcel."""
    digest = hashlib.sha256()
    for pid, crop in zip(pids, crops, strict=True):
        digest.update(f"{pid}\0{crop}\0".encode())
    return _short(digest)


def environment() -> dict[str, Any]:
    """What the last bits of a result can depend on: machine, threads, BLAS and libraries."""
    from threadpoolctl import threadpool_info

    blas = [one for one in threadpool_info() if one["user_api"] == "blas"]
    return {
        "machine": platform.machine(),
        "python": platform.python_version(),
        "threads": 1,
        "blas": [
            {name: one.get(name) for name in ("internal_api", "version", "architecture")}
            for one in blas
        ],
        **{name: version(name) for name in _LIBRARIES},
    }


def _short(digest: Any) -> str:
    text: str = digest.hexdigest()
    return text[:16]
