"""Numbers as sentences show them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def number_text(value: float, limits: Sequence[float]) -> str:
    """A number of three digits, or of more where these would lie on another side of a limit."""
    short = f"{value:.3g}"
    same = all(np.sign(float(short) - limit) == np.sign(value - limit) for limit in limits)
    return short if same and abs(float(short)) < 1000 else f"{value:g}"
