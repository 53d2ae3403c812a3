"""Scene classes in a table of statistics: the class band among others, and its histograms."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dias_cbm.errors import GridError, InconsistentProduct, SettingsError
from dias_cbm.extraction.statistics import COUNT, STATISTICS
from dias_cbm.extraction.stream import Zonal
from dias_cbm.products.open import Band
from dias_cbm.products.overlap import limited

#: Class of pixels without data; they are in the histogram, but do not count.
NO_DATA = 0


def split(bands: Sequence[Band], name: str) -> tuple[list[Band], Band, str | None]:
    """The bands and the class band apart, on the ground that all of them cover.

    :param name: of the class band.
    :returns: also, in words, what not all of them cover.
    :raises SettingsError: there is no such band.
    :raises InconsistentProduct: it does not hold whole numbers.
    :raises GridError: bands and classes are in different CRSs.
    :raises NoOverlap: they have no ground in common.
    """
    classes = next((band for band in bands if band.name == name), None)
    if classes is None:
        raise SettingsError(
            f"no band of the rasters is named {name}: they are"
            f" {', '.join(band.name for band in bands)}",
            subject="classes",
            hint="name the bands of the rasters with --bands",
        )
    if np.dtype(classes.dtype).kind not in "ui":
        raise InconsistentProduct(
            f"band {name} holds {classes.dtype}, not classes",
            subject=classes.path,
            hint="gdal_translate -ot Byte IN OUT",
        )
    other = next((band for band in bands if band.grid.crs != classes.grid.crs), None)
    if other is not None:
        raise GridError(
            f"is in {classes.grid.crs}, but band {other.name} in {other.grid.crs}",
            subject=classes.path,
            hint="gdalwarp -r near brings the classes into the CRS of the bands",
        )
    rest = [band for band in bands if band is not classes]
    *rest, classes = (layers := limited([*rest, classes]))[0]
    return rest, classes, layers[1]


def with_classes(result: Zonal, name: str, counts: np.ndarray, inside: np.ndarray) -> Zonal:
    """Statistics with a last layer for the class band, which only has a count.

    :param counts: int[k, classes], pixels of each class.
    :param inside: bool[k]; False for a parcel outside the band.
    """
    layer = np.full((1, len(counts), len(STATISTICS)), np.nan)
    layer[0, :, COUNT] = counts.sum(axis=1) - counts[:, NO_DATA]
    return replace(
        result,
        names=[*result.names, name],
        statistics=np.concatenate([result.statistics, layer]),
        inside=np.concatenate([result.inside, inside[None]]),
        pixels=np.concatenate([result.pixels, counts.sum(axis=1, dtype=float)[None]]),
    )


def texts(counts: np.ndarray, inside: np.ndarray) -> list[str | None]:
    """Histograms as in the view ``s2_histograms``: ``{"4": 120, "8": 3}``; None outside."""
    return [
        json.dumps({str(number): int(row[number]) for number in np.flatnonzero(row)})
        if covered
        else None
        for row, covered in zip(counts, inside, strict=True)
    ]
