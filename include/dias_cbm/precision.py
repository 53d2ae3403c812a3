"""Precision: how exactly a season keeps its statistics, and the rounding of those kept in short."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

# Commands that only name seasons start without it.
if TYPE_CHECKING:
    import numpy as np

#: Significant binary digits of a rounded number.
DIGITS = 8
#: By what share of itself a number changes at most.
LARGEST_ERROR = 2.0**-DIGITS


class Precision(StrEnum):
    """How exactly a season keeps its statistics; chosen when it is created."""

    FULL = "full"
    QUANTISED = "quantised"

    def name_with(self, rule: str) -> str:
        """The name of a pixel rule in records, which also tells that they are rounded.

        :returns: ``centre``, or ``centre+8bit``.
        """
        return f"{rule}+{DIGITS}bit" if self is Precision.QUANTISED else rule

    def in_words(self) -> str:
        """What becomes of a statistic, for people."""
        if self is Precision.FULL:
            return "statistics in full"
        return f"statistics rounded to {DIGITS} binary digits, {LARGEST_ERROR:.1%} at most"


def quantised(values: np.ndarray) -> np.ndarray:
    """Numbers rounded to :data:`DIGITS` significant binary digits, ties to even.

    None changes by more than :data:`LARGEST_ERROR` of itself, and none overtakes another. Zero, NaN
    and infinity stay, and so does what would become infinite.

    :param values: float[...].
    :returns: float32[...]; the two low bytes of nearly all are zero, so that they compress.
    """
    import numpy as np

    exact = np.asarray(values).astype(np.float32)
    with np.errstate(over="ignore"):
        fraction, exponent = np.frexp(exact)
        result = np.ldexp(np.rint(np.ldexp(fraction, DIGITS)), exponent - DIGITS)
    return np.where(np.isfinite(result), result, exact)
