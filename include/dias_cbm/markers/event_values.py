"""Further values of events as JSON, built column by column."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


def texts(values: Mapping[str, NDArray[Any]], events: int) -> list[str]:
    """One JSON object per event; a value that is NaN or an empty text is left out.

    :param values: [m] each: numbers, bool or text.
    """
    parts: list[list[str]] = [[] for _ in range(events)]
    for name, column in values.items():
        key = json.dumps(name)
        for part, value in zip(parts, _plain(column), strict=True):
            if value is not None:
                part.append(f"{key}: {value}")
    return [f"{{{', '.join(part)}}}" for part in parts]


def _plain(column: NDArray[Any]) -> list[str | None]:
    if column.dtype.kind == "b":
        return ["true" if value else "false" for value in column.tolist()]
    if column.dtype.kind == "f":
        good = np.isfinite(column).tolist()
        return [
            f"{value:.6g}" if ok else None for value, ok in zip(column.tolist(), good, strict=True)
        ]
    if column.dtype.kind in "iu":
        return [str(value) for value in column.tolist()]
    return [json.dumps(str(value)) if value else None for value in column.tolist()]
