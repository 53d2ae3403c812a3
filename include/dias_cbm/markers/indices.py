"""Spectral indices of parcels, computed from the stored means of their bands.

A ratio of means differs a little from the mean of the pixels' ratios; an index that was extracted
as a band of its own is used as it is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]


def normalised_difference(one: Values, other: Values) -> Values:
    """``(one - other) / (one + other)``; NaN where that is not finite."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        result = (one - other) / (one + other)
    return np.where(np.isfinite(result), result, np.nan).astype(np.float32)


def _bare_soil_index(b11: Values, b04: Values, b08: Values, b02: Values) -> Values:
    return normalised_difference(b11 + b04, b08 + b02)


#: Index -> its bands, and its formula over them. NDVI: Rouse 1974. NDMI: Gao 1996 (as NDWI of
#: leaves). BSI: Rikimaru 2002, with B08 + B02. NDTI: van Deventer 1997. NDWI: McFeeters 1996, of
#: open water.
_INDICES: Mapping[str, tuple[tuple[str, ...], Callable[..., Values]]] = {
    "NDVI": (("B08", "B04"), normalised_difference),
    "NDMI": (("B08", "B11"), normalised_difference),
    "BSI": (("B11", "B04", "B08", "B02"), _bare_soil_index),
    "NDTI": (("B11", "B12"), normalised_difference),
    "NDWI": (("B03", "B08"), normalised_difference),
}

NAMES = tuple(_INDICES)


def bands_of(name: str) -> tuple[str, ...]:
    """The bands that an index is computed from; a name that is not an index is its own band."""
    return _INDICES[name][0] if name in _INDICES else (name,)


def with_indices(values: Mapping[str, Values], names: Iterable[str]) -> dict[str, Values]:
    """The values, and the indices among ``names`` that are not stored and whose bands are there.

    Where an index is stored only for some observations, the others are computed.

    :param values: float32[n, D] by band.
    """
    result = dict(values)
    for name in names:
        if name not in _INDICES:
            continue
        bands, formula = _INDICES[name]
        if not all(band in values for band in bands):
            continue
        computed = formula(*(values[band] for band in bands))
        stored = values.get(name)
        result[name] = computed if stored is None else np.where(np.isnan(stored), computed, stored)
    return result
