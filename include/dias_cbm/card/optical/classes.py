"""Scene classes: the classes of Sentinel-2's SCL that this correction can justify, and no others.

No data and saturation come from the DNs, clouds from the cloud model's probability, cirrus from
B10, vegetation from the corrected reflectance. Shadows, dark areas, bare soil, water and snow are
not distinguished: such pixels are unclassified (7).
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numba import njit
from numpy.typing import NDArray

from dias_cbm.card.optical.clouds import THRESHOLD, with_seam
from dias_cbm.card.optical.l1c import NODATA, SATURATED

#: Probability of cloud that counts as high.
_HIGH = 0.8
#: Reflectance of B10 at the sensor: hardly any light reaches it except from high clouds.
_CIRRUS = 0.012
#: Normalised difference of B8A and B04 at the surface that only green leaves reach.
_VEGETATION = 0.4

Mask = NDArray[np.bool_]


class Scl(IntEnum):
    """Values of the scene classification."""

    NO_DATA = 0
    SATURATED = 1
    VEGETATION = 4
    UNCLASSIFIED = 7
    CLOUD_MEDIUM = 8
    CLOUD_HIGH = 9
    CIRRUS = 10


def sky_classes(probability: NDArray[np.float32], cirrus: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Cloud and cirrus classes in pixels of 60 m; unclassified where the sky is clear.

    :param probability: of cloud, smoothed.
    :param cirrus: reflectance of B10 at the sensor.
    """
    classes = np.full(probability.shape, Scl.UNCLASSIFIED, np.uint8)
    classes[cirrus > _CIRRUS] = Scl.CIRRUS
    classes[with_seam(probability > THRESHOLD)] = Scl.CLOUD_MEDIUM
    classes[probability > _HIGH] = Scl.CLOUD_HIGH
    return classes


def scene_classes(
    sky: NDArray[np.uint8],
    red: NDArray[np.float32],
    infrared: NDArray[np.float32],
    valid: Mask,
    saturated: Mask,
) -> NDArray[np.uint8]:
    """The scene classification.

    :param sky: from :func:`sky_classes`, on the grid of the other arrays.
    :param red: surface reflectance of B04; ``infrared`` that of B8A.
    :param valid: pixels with data in every band; ``saturated`` those at the scale's end in one.
    """
    together = infrared + red
    # Of water and deep shadow both may come out below 0, where the index means nothing.
    vegetation = (together > 0) & (infrared - red > _VEGETATION * together)
    classes = sky.copy()
    classes[(sky == Scl.UNCLASSIFIED) & vegetation] = Scl.VEGETATION
    classes[saturated] = Scl.SATURATED
    classes[~valid] = Scl.NO_DATA
    return classes


def mark(numbers: NDArray[np.uint16], factor: int, valid: Mask, saturated: Mask) -> None:
    """Note in the masks which pixels a band lacks, or shows at the scale's end.

    :param numbers: its DNs in L1C, with ``factor`` times the rows and columns of the masks.
    :param valid: cleared where one of them is no data; ``saturated`` set where one is.
    """
    _mark(numbers, factor, valid, saturated)


@njit(cache=True, nogil=True)
def _mark(numbers: np.ndarray, factor: int, valid: np.ndarray, saturated: np.ndarray) -> None:
    for row in range(len(numbers)):
        for column in range(numbers.shape[1]):
            number = numbers[row, column]
            if number == NODATA:
                valid[row // factor, column // factor] = False
            elif number == SATURATED:
                saturated[row // factor, column // factor] = True
