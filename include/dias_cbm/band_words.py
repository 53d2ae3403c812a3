"""Bands and differences of their values in words, for sentences that a person reads."""

from __future__ import annotations

from collections.abc import Mapping

#: A difference smaller than this is not worth a sentence: dB, coherence or reflectance.
LEAST_DIFFERENCE: Mapping[str, float] = {"bs": 0.5, "c6": 0.02, "c12": 0.02, "s2": 0.005}

_OPTICAL = {
    "B02": "blue", "B03": "green", "B04": "red", "B05": "red edge", "B06": "red edge",
    "B07": "red edge", "B08": "near infrared", "B8A": "near infrared",
    "B11": "short-wave infrared", "B12": "short-wave infrared",
}  # fmt: skip


def band_in_words(card: str, band: str) -> str:
    """A band in words, e.g. ``VV coherence`` or ``red (B04)``."""
    match card:
        case "bs":
            return "the ratio VH/VV" if band == "VH-VV" else band
        case "c6":
            return f"{band} coherence"
        case "c12":
            return f"{band} coherence of 12 days"
    return f"{_OPTICAL[band]} ({band})" if band in _OPTICAL else band


def size_in_words(card: str, value: float) -> str:
    """A difference without its sign, in the unit of the card: ``4 dB``, ``0.12``, ``0.021``."""
    if card == "bs":
        return f"{abs(value):.1f}".removesuffix(".0") + " dB"
    return f"{abs(value):.3f}" if card == "s2" else f"{abs(value):.2f}"
