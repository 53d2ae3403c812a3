"""Wrong declarations planted in a simulated season."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dias_cbm_lab.evidence.outliers.crops import (
    CODES,
    DECLARED_AS,
    GRASS,
    LOOK_ALIKES,
    NUMBER,
    SHARE,
    is_one_of,
)

RIGHT, RANDOM, CONFUSABLE = range(3)


class Declarations(NamedTuple):
    """What was declared.

    :param true: int[n]; the right declaration, a number of :data:`.crops.DECLARED_CODES`.
    :param declared: int[n].
    :param error: int[n]; right, wrong at random, or wrong by a look-alike.
    """

    true: NDArray[np.int64]
    declared: NDArray[np.int64]
    error: NDArray[np.int64]


def plant(crop: NDArray[np.int64], seed: int, share: float = 0.05) -> Declarations:
    """Declare crops, a share of them wrong: half at random, half as a look-alike.

    Among the look-alikes grass weighs a quarter: otherwise most of them would be grass declared
    as fallow.

    :param crop: int[n]; what grows.
    :param share: wrong declarations, of all.
    """
    generator = np.random.default_rng(seed)
    true = DECLARED_AS[crop]
    declared, error = true.copy(), np.full(len(crop), RIGHT)
    number = round(share * len(crop))
    at_random = generator.choice(len(crop), number // 2, replace=False)
    weight = np.where(is_one_of(crop, GRASS), 0.25, 1.0)
    weight[at_random] = 0
    look_alike = generator.choice(
        len(crop), number - number // 2, replace=False, p=weight / weight.sum()
    )
    for parcel in at_random.tolist():
        declared[parcel] = _any_other(true[parcel], generator)
    for parcel in look_alike.tolist():
        declared[parcel] = _look_alike(crop[parcel], generator)
    error[at_random], error[look_alike] = RANDOM, CONFUSABLE
    return Declarations(true, declared, error)


def _any_other(true: int, generator: np.random.Generator) -> int:
    """Another declaration, by the crops' shares."""
    share = np.array(list(SHARE.values()))
    while True:
        drawn = int(DECLARED_AS[generator.choice(len(CODES), p=share / share.sum())])
        if drawn != true:
            return drawn


def _look_alike(crop: int, generator: np.random.Generator) -> int:
    declared = [int(DECLARED_AS[NUMBER[code]]) for code in LOOK_ALIKES[CODES[crop]]]
    return int(generator.choice([one for one in declared if one != DECLARED_AS[crop]]))
