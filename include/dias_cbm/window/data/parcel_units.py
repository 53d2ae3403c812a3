"""Units, decibels and indices of a parcel's values."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np

from dias_cbm.config.settings import settings
from dias_cbm.markers.indices import NAMES, with_indices
from dias_cbm.scenes import Card

_UNIT = {
    Card.BS: "gamma0, linear", Card.C6: "coherence", Card.C12: "coherence", Card.S2: "reflectance",
}  # fmt: skip


def unit(card: str, band: str | None) -> str:
    """The unit of the stored values of a band."""
    return "index" if card == Card.S2 and band in NAMES else _UNIT[Card(card)]


def decibels(card: str, value: float | None) -> float | None:
    """``10 log10`` of backscatter; None for other cards, and for what noise has left below 0."""
    if card != Card.BS or value is None or value <= 0:
        return None
    return 10 * math.log10(value)


def direction_of(card: str, direction: str | None) -> str:
    """The direction of the series that a pass belongs to: ``*`` for optical ones."""
    return "*" if card == Card.S2 or direction is None else direction


def clear_classes() -> frozenset[str]:
    """The SCL classes that are clear, by the settings."""
    return frozenset(str(one) for one in settings().extraction.clear_classes or range(1, 12))


def clear_share(counts: Mapping[str, int], clear: Collection[str]) -> float | None:
    """Share of a parcel's classified pixels that are clear; None if none is classified.

    :param counts: pixels by SCL class; those of class 0 do not count.
    :param clear: of :func:`clear_classes`.
    """
    classified = sum(number for name, number in counts.items() if name != "0")
    if not classified:
        return None
    return sum(number for name, number in counts.items() if name in clear) / classified


def indices(means: Mapping[Any, Mapping[str, float | None]]) -> dict[Any, dict[str, float | None]]:
    """The indices of optical means, by observation or window, where they are not stored.

    :param means: by band.
    """
    bands = sorted({band for one in means.values() for band in one})
    arrays = {band: _array(one.get(band) for one in means.values()) for band in bands}
    made = with_indices(arrays, NAMES)
    return {
        key: {
            name: None if np.isnan(made[name][number]) else float(made[name][number])
            for name in NAMES
            if name in made and name not in one
        }
        for number, (key, one) in enumerate(means.items())
    }


def _array(values: Iterable[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], np.float32)
