"""Review budget: how many parcels the list contains, and how many errors it should hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from dias_cbm.errors import SettingsError


class By(StrEnum):
    """Kinds of budget: a number of parcels, a share of them, or the P(wrong) at which to stop."""

    NUMBER = "number"
    SHARE = "share"
    MARGINAL = "marginal"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A review budget as the agency states it.

    :param amount: parcels, a share between 0 and 1, or a probability between 0 and 1.
    """

    by: By
    amount: float

    def __post_init__(self) -> None:
        """Check the amount.

        :raises SettingsError: negative, above 1 for a share or a probability, or not a number.
        """
        largest = np.inf if self.by is By.NUMBER else 1
        if not 0 <= self.amount <= largest:
            raise SettingsError(
                f"{self.amount:g} cannot be a {self.by}",
                subject="review budget",
                hint="a number of parcels, or a share or a probability from 0 to 1",
            )

    def share_of(self, parcels: int) -> float | None:
        """The budget as a share of so many parcels; None for one by probability."""
        match self.by:
            case By.NUMBER:
                return min(self.amount / max(parcels, 1), 1.0)
            case By.SHARE:
                return self.amount
            case By.MARGINAL:
                return None

    @classmethod
    def parse(cls, text: str) -> Wanted:
        """A budget from text: ``400``, ``5%`` or ``p>=0.3``.

        :raises SettingsError: it is none of these.
        """
        plain = re.sub(r"\s", "", text).lower()
        for by, pattern, unit in (
            (By.NUMBER, r"(\d+)", 1),
            (By.SHARE, r"(\d+(?:\.\d+)?)%", 100),
            (By.MARGINAL, r"p>=(\d*\.?\d+)", 1),
        ):
            if found := re.fullmatch(pattern, plain):
                return cls(by, float(found[1]) / unit)
        raise SettingsError(
            f"{text!r} is not a budget", subject="review budget", hint="400, 5% or p>=0.3"
        )


@dataclass(frozen=True, slots=True)
class Budget:
    """The chosen length of the list.

    :param parcels: the first ``parcels`` of the ranking are on the list.
    :param expected_wrong: of them, by the sum of P(wrong).
    :param marginal: P(wrong) of the last one, smoothed along the ranking; NaN for an empty list.
    :param inspections_missing: until P(wrong) is calibrated; 0 when it is. While some are missing,
        ``expected_wrong`` is a lower bound.
    :param contradicted: whether inspections contradict the ranking, and so ``expected_wrong``.
    """

    parcels: int
    expected_wrong: float
    marginal: float
    inspections_missing: int = 0
    contradicted: bool = False

    def sentence(self) -> str:
        """``400 parcels, 312 expected wrong``, with what the number is worth."""
        line = f"{self.parcels} parcels, {self.expected_wrong:.0f} expected wrong"
        if self.contradicted:
            line += " by swaps, which inspections contradict"
        elif self.inspections_missing:
            more = "more inspections are" if self.inspections_missing > 1 else "more inspection is"
            line += f" (lower bound until {self.inspections_missing} {more} recorded)"
        return line


def choose(
    probability: NDArray[np.floating],
    suspicion: NDArray[np.floating],
    wanted: Wanted,
    inspections_missing: int = 0,
    contradicted: bool = False,
) -> Budget:
    """Cut the ranking at a budget.

    :param probability: [n], P(wrong) or its lower bound.
    :param suspicion: [n], the ranking; NaN where not scored. Such parcels are never on the list.
    :param inspections_missing: see :class:`Budget`, and for ``contradicted``.
    """
    order = ranking(suspicion)
    ranked = np.nan_to_num(probability[order].astype(np.float64))
    marginal = falling(ranked)
    match wanted.by:
        case By.NUMBER:
            parcels = min(int(wanted.amount), len(order))
        case By.SHARE:
            parcels = round(wanted.amount * len(order))
        case By.MARGINAL:
            parcels = int((marginal >= wanted.amount).sum())
    return Budget(
        parcels=parcels,
        expected_wrong=float(ranked[:parcels].sum()),
        marginal=float(marginal[parcels - 1]) if parcels else float("nan"),
        inspections_missing=inspections_missing,
        contradicted=contradicted,
    )


def ranking(suspicion: NDArray[np.floating]) -> NDArray[np.int64]:
    """Numbers of the scored parcels, the most suspicious first; ties in the order of the rows."""
    scored = np.flatnonzero(~np.isnan(suspicion))
    return scored[np.argsort(-suspicion[scored], kind="stable")]


def falling(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The closest sequence that never rises (isotonic regression by pooling neighbours).

    The ranking is not sorted by P(wrong) alone; without this a single doubtful parcel would end the
    list.
    """
    means: list[float] = []
    sizes: list[int] = []
    for value in values.tolist():
        means.append(value)
        sizes.append(1)
        while len(means) > 1 and means[-2] < means[-1]:
            size = sizes[-2] + sizes[-1]
            means[-2] += (means[-1] - means[-2]) * sizes[-1] / size
            sizes[-2] = size
            del means[-1], sizes[-1]
    return np.repeat(np.array(means, np.float64), np.array(sizes, np.int64))
