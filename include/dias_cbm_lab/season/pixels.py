"""Simulated pixels: speckle, the coherence estimator's noise, clouds and their shadows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

Image = NDArray[np.float32]
Classes = NDArray[np.uint8]
#: A part of a raster: rows and columns, or a mask.
Place = tuple[slice, slice] | NDArray[np.bool_]

_LOOKS = 4.4  # equivalent number of looks of a GRD pixel
_COHERENCE_LOOKS = 17.7
_SHADOW_SHIFT = (-18, -24)  # rows and columns of 20 m; the sun stands in the south-east
_SHADOW, _VEGETATION, _BARE, _CLOUD_MEDIUM, _CLOUD_HIGH, _CIRRUS = 3, 4, 5, 8, 9, 10
#: Reflectance of a thick cloud in B02, B03, B04, B08, B11.
_CLOUD = (0.52, 0.50, 0.49, 0.55, 0.36)
# By scene class: how much of the surface is seen, and how much cloud.
_SEEN, _VEIL = np.ones(12, dtype=np.float32), np.zeros(12, dtype=np.float32)
_SEEN[[_SHADOW, _CLOUD_MEDIUM, _CLOUD_HIGH, _CIRRUS]] = 0.45, 0.3, 0.0, 0.85
_VEIL[[_CLOUD_MEDIUM, _CLOUD_HIGH, _CIRRUS]] = 0.7, 1.0, 0.15


def speckled(
    power: NDArray[np.float64], labels: NDArray[np.int32], rng: np.random.Generator
) -> Image:
    """Backscatter in linear power with gamma-distributed speckle.

    :param power: one value a label.
    :param labels: rows x columns.
    """
    speckle = rng.standard_gamma(_LOOKS, labels.shape, dtype=np.float32)
    # Zero means no data: speckle may come close to zero but must not reach it.
    return np.maximum((power / _LOOKS).astype(np.float32)[labels] * speckle, np.float32(1e-6))


def estimated(
    coherence: NDArray[np.float64], labels: NDArray[np.int32], rng: np.random.Generator
) -> Image:
    """Coherence as a boxcar estimates it: biased upwards where low, and noisy (Touzi 1999).

    :param coherence: one true value a label.
    """
    square = coherence**2
    biased = np.sqrt(square + (1 - square) / _COHERENCE_LOOKS * 0.9)
    spread = (1 - biased**2) / np.sqrt(2 * _COHERENCE_LOOKS)
    noise = rng.standard_normal(labels.shape, dtype=np.float32)
    image = biased.astype(np.float32)[labels] + spread.astype(np.float32)[labels] * noise
    return np.asarray(image.clip(0.01, 0.99))


def without_corner(image: Image, metres: float, pixel: float) -> Image:
    """The image with a triangle at its upper left corner set to 0, as at the edge of a swath."""
    size = int(metres / pixel)
    rows, columns = np.ogrid[: image.shape[0], : image.shape[1]]
    return np.where(rows + columns < size, np.float32(0), image)


def smooth_noise(shape: tuple[int, int], rng: np.random.Generator, exponent: float = 1.6) -> Image:
    """A field with a power-law spectrum, as clouds have it; ranks 0 to 1, each equally common."""
    spectrum = np.fft.rfft2(rng.standard_normal(shape))
    frequency = np.hypot(np.fft.fftfreq(shape[0])[:, None], np.fft.rfftfreq(shape[1])[None])
    frequency[0, 0] = np.inf
    field = np.fft.irfft2(spectrum / frequency**exponent, s=shape)
    ranks = np.empty(field.size, dtype=np.float32)
    ranks[np.argsort(field, axis=None)] = np.linspace(0, 1, field.size, dtype=np.float32)
    return ranks.reshape(shape)


def scene_classes(
    reflectance: NDArray[np.float64],
    labels: NDArray[np.int32],
    share: float,
    rng: np.random.Generator,
    hole: Place | None = None,
) -> Classes:
    """A scene classification at 20 m: clouds, their shadows, and sunlit land.

    :param reflectance: labels x 5 bands.
    :param labels: at 20 m.
    :param share: of the scene under cloud, 0 to 1.
    :param hole: what the clouds leave open.
    """
    red, infrared = reflectance[:, 2], reflectance[:, 3]
    greenness = (infrared - red) / (infrared + red)
    ground = np.where(greenness > 0.4, _VEGETATION, _BARE).astype(np.uint8)
    classes = ground[labels]
    density = smooth_noise(labels.shape, rng)
    shaded = np.roll(density > 1 - share, _SHADOW_SHIFT, axis=(0, 1))
    classes[shaded] = _SHADOW
    classes[density > 1 - 1.1 * share] = _CIRRUS
    classes[density > 1 - share] = _CLOUD_MEDIUM
    classes[density > 1 - share * 0.7] = _CLOUD_HIGH
    if hole is not None:
        classes[hole] = ground[labels[hole]]
    return classes


def hole_over_largest(labels: NDArray[np.int32], parcels: int) -> tuple[slice, slice]:
    """Rows and columns of a hole in the clouds over the largest parcel, 160 m wide at 20 m.

    :param parcels: labels 1 to this are parcels.
    """
    sizes = np.bincount(labels.ravel(), minlength=parcels + 1)[1 : parcels + 1]
    rows, columns = np.nonzero(labels == 1 + sizes.argmax())
    nearest = np.hypot(rows - rows.mean(), columns - columns.mean()).argmin()
    row, column = rows[nearest], columns[nearest]
    return slice(row - 4, row + 4), slice(column - 4, column + 4)


def around(labels: NDArray[np.int32], chosen: Sequence[int]) -> NDArray[np.bool_]:
    """A mask of the pixels of some labels, and of their neighbours two pixels wide."""
    return np.asarray(binary_dilation(np.isin(labels, chosen), iterations=2))


def hidden(classes: Classes, where: NDArray[np.bool_]) -> Classes:
    """The scene classes with thick cloud over a part of the scene."""
    return np.where(where, np.uint8(_CLOUD_HIGH), classes)


def seen_through(
    reflectance: NDArray[np.float64],
    labels: NDArray[np.int32],
    classes: Classes,
    band: int,
    rng: np.random.Generator,
) -> Image:
    """One band of the surface as it looks under the scene's clouds, with noise.

    :param classes: on the grid of the labels.
    """
    surface = reflectance[:, band].astype(np.float32)[labels]
    image = surface * _SEEN[classes] + np.float32(_CLOUD[band]) * _VEIL[classes]
    noise = rng.standard_normal(labels.shape, dtype=np.float32)
    return np.asarray(image + noise * (0.001 + 0.015 * image), dtype=np.float32)


def doubled(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A raster at half the pixel size, by repetition."""
    return np.repeat(np.repeat(image, 2, axis=0), 2, axis=1)
