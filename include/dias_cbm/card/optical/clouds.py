"""Clouds of an L1C tile by the model of s2cloudless (Skakun et al. 2022, RSE 274, 112990).

Only the model is taken from the package ``s2cloudless``: a forest that classifies single pixels.
The steps after it, a mean over a disk and a margin around clouds, are done here with the sizes
that its authors use at 60 m.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from dias_cbm.card.optical.forest import Forest
from dias_cbm.card.workers import Workers
from dias_cbm.errors import CardFailed

#: The model's input, in its order: reflectance at the sensor.
BANDS = ("B01", "B02", "B04", "B05", "B08", "B8A", "B09", "B10", "B11", "B12")

#: Probability from which a pixel counts as cloud, and the sizes around it in pixels of 60 m.
THRESHOLD = 0.4
_MEAN_RADIUS, _SEAM_RADIUS = 4, 2

_MODEL = "pixel_s2_cloud_detector_lightGBM_v0.1.txt"
#: Rows of 60 m classified at once.
_ROWS = 16


def cloud_probability(
    bands: Mapping[str, NDArray[np.float32]],
    valid: NDArray[np.bool_],
    workers: Workers | None = None,
) -> NDArray[np.float32]:
    """Probability of cloud per pixel, smoothed; 0 where there is no data.

    :param bands: reflectance at the sensor in pixels of 60 m, each rows x columns.
    :param workers: that share the work; by default there is the caller alone.
    :raises CardFailed: the model is not installed.
    """
    probability = np.zeros(valid.shape, np.float32)
    model, workers = _model(), workers or Workers()

    def classify(row: int) -> None:
        rows = slice(row, row + _ROWS)
        seen = valid[rows]
        if seen.any():
            with workers.times.step("clouds"):
                pixels = np.stack([bands[band][rows][seen] for band in BANDS])
                probability[rows][seen] = model.probability(pixels)

    for _ in workers.map(classify, range(0, len(valid), _ROWS)):
        pass
    with workers.times.step("clouds"):
        return _smoothed(probability, valid)


def _smoothed(probability: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The mean over a disk, of the pixels with data in it."""
    disk = _disk(_MEAN_RADIUS).astype(np.float32)
    total = ndimage.convolve(probability, disk, mode="constant")
    count = ndimage.convolve(valid.astype(np.float32), disk, mode="constant")
    mean = np.divide(total, count, out=np.zeros_like(total), where=count > 0.5)
    return np.where(valid, mean, np.float32(0))


def with_seam(clouds: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Clouds and the pixels close to them."""
    return np.asarray(ndimage.binary_dilation(clouds, _disk(_SEAM_RADIUS)))


def model_file() -> Path:
    """The file of the model.

    :raises CardFailed: the package is not installed.
    """
    package = find_spec("s2cloudless")
    if package is None or package.origin is None:
        raise CardFailed(
            "the cloud model s2cloudless is not installed", hint="pip install --no-deps s2cloudless"
        )
    return Path(package.origin).with_name("models") / _MODEL


@cache
def _model() -> Forest:
    return Forest.read(model_file())


def _disk(radius: int) -> NDArray[np.bool_]:
    rows, columns = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return np.asarray(rows**2 + columns**2 <= radius**2)
