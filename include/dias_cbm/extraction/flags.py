"""Flags for parcels with few pixels or none: recorded with a reason, never dropped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dias_cbm.extraction.stream import Zonal

FEW_PIXELS = "few_pixels"
VANISHES = "vanishes_under_inner_buffer"


@dataclass(frozen=True, slots=True)
class Flags:
    """Flagged parcels.

    :param parcels: their positions among all.
    :param reasons: one for each.
    :param pixels: the count that each would have if every pixel were valid.
    """

    parcels: list[int]
    reasons: list[str]
    pixels: list[float]


def flag(zonal: Zonal, vanished: np.ndarray, minimum_pixels: int) -> Flags:
    """The parcels inside a product with too few pixels on its finest grid.

    Clouds and nodata do not matter here: they are temporary, and the counts of records show them.

    :param vanished: bool[k], nothing remains of the parcel inside the inner buffer.
    """
    pixels = zonal.pixels.max(axis=0)
    few = zonal.inside.any(axis=0) & (vanished | (pixels < minimum_pixels))
    parcels = np.flatnonzero(few)
    reasons = [VANISHES if vanished[number] else FEW_PIXELS for number in parcels]
    return Flags(parcels.tolist(), reasons, pixels[parcels].tolist())


def notes(zonal: Zonal, vanished: np.ndarray, minimum_pixels: int) -> np.ndarray:
    """The note of each parcel in each layer: object[b, k], None for none."""
    result = np.full(zonal.pixels.shape, None)
    result[zonal.inside & (zonal.pixels < minimum_pixels)] = FEW_PIXELS
    result[:, vanished] = VANISHES
    return result
