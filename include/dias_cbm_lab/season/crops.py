"""The crops of the simulated season: their frequency and their radar and optical signals.

The curves were read by eye from published time series (Veloso 2017, Khabbazan 2019, Vreugdenhil
2018, Harfenmeister 2019, Voormansik 2020); they have the right shape, not the right calibration.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_AREA_SHARE: Mapping[str, float] = {
    "spring barley": 0.22,
    "winter wheat": 0.20,
    "grass in rotation": 0.13,
    "maize": 0.08,
    "winter rape": 0.07,
    "permanent grass": 0.07,
    "winter barley": 0.05,
    "winter rye": 0.05,
    "potatoes": 0.04,
    "sugar beet": 0.03,
    "peas": 0.03,
    "fallow": 0.03,
}

CROPS = tuple(_AREA_SHARE)
SHARES: NDArray[np.float64] = np.array(list(_AREA_SHARE.values()))

#: Crop -> the crop that it is confused with or falsely declared as.
CONFUSABLE: Mapping[str, tuple[str, ...]] = {
    "spring barley": ("winter wheat", "peas"),
    "winter wheat": ("winter rye", "winter barley"),
    "grass in rotation": ("permanent grass", "fallow"),
    "maize": ("sugar beet", "potatoes"),
    "winter rape": ("peas", "winter barley"),
    "permanent grass": ("grass in rotation", "fallow"),
    "winter barley": ("winter wheat", "winter rye"),
    "winter rye": ("winter wheat", "winter barley"),
    "potatoes": ("sugar beet", "maize"),
    "sugar beet": ("potatoes", "maize"),
    "peas": ("spring barley", "sugar beet"),
    "fallow": ("permanent grass", "grass in rotation"),
}

OTHER_LAND = ("forest", "heath", "meadow", "village")
MARGIN = "margin"

#: Day of the year, gamma0 VV and VH in dB, ground cover 0..1, coherence VV 0..1.
CURVES: Mapping[str, tuple[tuple[float, float, float, float, float], ...]] = {
    "spring barley": (
        (100, -10.9, -19.2, 0.10, 0.46),
        (120, -11.6, -19.6, 0.45, 0.36),
        (140, -13.1, -20.1, 0.80, 0.27),
        (158, -14.3, -20.3, 1.00, 0.22),
        (178, -12.6, -18.2, 1.00, 0.24),
        (200, -11.4, -17.6, 0.80, 0.38),
    ),
    "winter wheat": (
        (90, -10.4, -18.5, 0.55, 0.36),
        (110, -12.0, -20.3, 0.80, 0.28),
        (140, -15.3, -21.8, 1.00, 0.22),
        (160, -14.0, -19.8, 1.00, 0.24),
        (185, -12.0, -18.6, 0.90, 0.33),
        (205, -11.5, -18.6, 0.70, 0.50),
    ),
    "grass in rotation": (
        (90, -11.1, -17.8, 0.90, 0.32),
        (140, -10.6, -16.9, 1.00, 0.26),
        (200, -10.9, -17.4, 1.00, 0.29),
    ),
    "maize": (
        (90, -11.2, -20.0, 0.00, 0.50),
        (130, -11.6, -20.8, 0.00, 0.50),
        (148, -11.2, -19.8, 0.08, 0.47),
        (162, -10.4, -17.9, 0.35, 0.40),
        (182, -9.0, -15.2, 0.80, 0.25),
        (205, -9.5, -14.7, 1.00, 0.21),
    ),
    "winter rape": (
        (90, -10.4, -16.2, 0.80, 0.28),
        (108, -11.6, -17.4, 0.90, 0.24),
        (122, -11.8, -17.3, 1.00, 0.22),
        (145, -9.2, -13.6, 1.00, 0.21),
        (168, -8.8, -12.9, 1.00, 0.22),
        (200, -10.2, -15.6, 0.60, 0.42),
    ),
    "permanent grass": (
        (90, -11.4, -18.4, 0.80, 0.36),
        (140, -11.5, -18.3, 0.90, 0.32),
        (200, -11.5, -18.4, 0.92, 0.33),
    ),
    "winter barley": (
        (90, -11.5, -19.2, 0.75, 0.30),
        (105, -12.9, -20.3, 0.92, 0.25),
        (122, -14.5, -20.0, 1.00, 0.22),
        (140, -12.8, -17.4, 1.00, 0.23),
        (165, -11.2, -16.6, 0.90, 0.32),
        (183, -11.2, -17.5, 0.60, 0.52),
    ),
    "winter rye": (
        (90, -11.4, -19.0, 0.75, 0.31),
        (105, -13.0, -20.6, 0.90, 0.26),
        (130, -15.2, -21.0, 1.00, 0.22),
        (150, -13.6, -18.8, 1.00, 0.23),
        (178, -11.9, -18.0, 0.90, 0.32),
        (202, -11.4, -18.3, 0.60, 0.50),
    ),
    "potatoes": (
        (95, -10.6, -19.8, 0.00, 0.42),
        (118, -12.8, -22.2, 0.00, 0.50),
        (140, -14.2, -23.6, 0.05, 0.52),
        (152, -11.5, -19.0, 0.50, 0.35),
        (166, -8.7, -15.1, 1.00, 0.23),
        (195, -8.4, -14.4, 1.00, 0.21),
    ),
    "sugar beet": (
        (90, -11.3, -20.3, 0.00, 0.45),
        (125, -12.6, -21.6, 0.00, 0.53),
        (148, -11.1, -18.5, 0.35, 0.39),
        (168, -9.0, -15.4, 0.85, 0.25),
        (205, -8.7, -14.6, 1.00, 0.21),
    ),
    "peas": (
        (90, -11.4, -20.4, 0.00, 0.44),
        (115, -11.8, -20.2, 0.20, 0.46),
        (140, -10.3, -17.0, 0.70, 0.28),
        (160, -9.2, -14.8, 1.00, 0.22),
        (180, -9.7, -15.4, 0.90, 0.26),
        (200, -10.7, -17.6, 0.40, 0.45),
    ),
    "fallow": (
        (90, -10.8, -19.0, 0.30, 0.45),
        (135, -10.9, -19.1, 0.40, 0.43),
        (160, -11.0, -18.7, 0.50, 0.39),
        (200, -10.9, -17.8, 0.70, 0.34),
    ),
    "forest": ((90, -9.0, -14.2, 0.85, 0.20), (150, -8.8, -13.8, 1.00, 0.18)),
    "heath": ((90, -12.0, -18.8, 0.60, 0.45), (200, -11.8, -18.2, 0.70, 0.42)),
    "meadow": ((90, -11.8, -18.6, 0.80, 0.38), (200, -11.4, -17.9, 0.90, 0.34)),
    "village": ((90, -4.5, -11.5, 0.35, 0.72), (200, -4.5, -11.5, 0.40, 0.70)),
    MARGIN: ((90, -10.5, -16.8, 0.60, 0.40), (200, -10.3, -16.3, 0.70, 0.38)),
}

#: Surface reflectance of B02, B03, B04, B08, B11.
SOIL = (0.080, 0.105, 0.135, 0.205, 0.285)
STRAW = (0.060, 0.095, 0.130, 0.300, 0.270)
BLOOM = (0.015, 0.065, 0.060, 0.030, 0.000)
#: Full green cover; the crops differ in the near infrared.
_LEAF = (0.026, 0.055, 0.027, 0.420, 0.190)
_NEAR_INFRARED: Mapping[str, float] = {
    "winter wheat": 0.40,
    "winter rye": 0.37,
    "winter barley": 0.38,
    "sugar beet": 0.55,
    "potatoes": 0.50,
    "peas": 0.47,
    "grass in rotation": 0.46,
    "permanent grass": 0.38,
    "forest": 0.32,
    "village": 0.25,
}
#: Days of the year between which a crop flowers, and from which it ripens.
FLOWERING: Mapping[str, tuple[float, float]] = {"winter rape": (120, 146)}
RIPENING: Mapping[str, float] = {"winter barley": 166, "winter rape": 180, "winter rye": 184}

#: Mean number of cuts between May and July.
MOWING: Mapping[str, float] = {"grass in rotation": 1.6, "permanent grass": 0.7}


def leaf(cover: str) -> tuple[float, ...]:
    """Reflectance of a closed green canopy in B02, B03, B04, B08, B11."""
    return (*_LEAF[:3], _NEAR_INFRARED.get(cover, _LEAF[3]), _LEAF[4])
