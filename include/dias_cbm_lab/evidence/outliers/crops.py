"""The crops of the simulated season: their shares, mean curves and look-alikes.

Read from published curves: Veloso et al. 2017 (Remote Sensing of Environment), Khabbazan et al.
2019, Vreugdenhil et al. 2018, Harfenmeister et al. 2019 and Löw et al. 2021 (Remote Sensing),
with Voormansik et al. 2020 for the coherence of mowing and ploughing; checked against a real
potato parcel in Flevoland (2018, orbit 88).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

#: Share of each crop: permanent and temporary grass, maize, potatoes, winter wheat, sugar beet,
#: winter barley, winter oilseed rape, spring cereals, winter rye, onions, peas, fallow, vegetables.
SHARE = {
    "GRP": 0.33,
    "GRT": 0.12,
    "MAI": 0.17,
    "POT": 0.06,
    "WWH": 0.095,
    "SBT": 0.045,
    "WBA": 0.03,
    "WOR": 0.02,
    "SCE": 0.03,
    "WRY": 0.025,
    "ONI": 0.02,
    "PEA": 0.015,
    "FAL": 0.02,
    "VEG": 0.02,
}
CODES = list(SHARE)
NUMBER = {code: number for number, code in enumerate(CODES)}

#: Declared as one crop, as JRC does: permanent and temporary grass.
DECLARED_AS = np.array([0, 0, *range(1, len(CODES) - 1)])
DECLARED_CODES = ["GRA", *CODES[2:]]

#: Crops that a farmer is paid for alike: a confusion among them costs nobody anything.
GROUPS = [
    ["GRA", "FAL"],
    ["WWH", "WBA", "SCE", "WRY"],
    ["POT", "SBT", "ONI", "VEG"],
    ["MAI"],
    ["WOR"],
    ["PEA"],
]
#: Group of each of the declared crops.
GROUP_OF = np.array(
    [next(n for n, group in enumerate(GROUPS) if code in group) for code in DECLARED_CODES]
)

#: What a farmer or a clerk may declare in its place, and radar hardly tells apart.
LOOK_ALIKES = {
    "GRP": ["GRT", "FAL"],
    "GRT": ["GRP", "FAL"],
    "MAI": ["SBT", "VEG", "POT"],
    "POT": ["SBT", "ONI", "VEG"],
    "WWH": ["WRY", "SCE", "WBA"],
    "SBT": ["POT", "MAI"],
    "WBA": ["WRY", "WWH"],
    "WOR": ["PEA", "WBA"],
    "SCE": ["WWH", "WRY", "PEA"],
    "WRY": ["WWH", "WBA"],
    "ONI": ["VEG", "POT"],
    "PEA": ["VEG", "SCE"],
    "FAL": ["GRP", "GRT", "VEG"],
    "VEG": ["ONI", "PEA", "MAI"],
}

GRASS = ["GRP", "GRT"]
MOWN = ["GRP", "GRT", "FAL"]
#: Sown in spring, some after a winter cover crop.
SPRING_SOWN = ["MAI", "POT", "SBT", "SCE", "ONI", "PEA", "VEG"]
#: Sown over many weeks.
SOWN_OVER_WEEKS = ["VEG", "FAL", "PEA", "ONI"]


def is_one_of(crop: NDArray[np.int64], codes: list[str]) -> NDArray[np.bool_]:
    """Whether each crop is among these."""
    return np.isin(crop, [NUMBER[code] for code in codes])


class Signal(NamedTuple):
    """What the radar sees of parcels, each [parcels, windows].

    :param vv: gamma0 in dB, or power.
    :param vh: the same.
    :param canopy: cover, 0 (bare) to 1 (closed).
    :param coherence: of six days, in VV.
    """

    vv: NDArray[Any]
    vh: NDArray[Any]
    canopy: NDArray[Any]
    coherence: NDArray[Any]


def mean_curves(crop: NDArray[np.int64], day: NDArray[np.float64]) -> Signal:
    """The crops' mean curves, gamma0 in dB.

    :param crop: int[n].
    :param day: float[n, windows]; day of the year, in the parcel's own growth.
    """
    values = np.empty((4, *day.shape), np.float32)
    for code, points in _CURVES.items():
        members = np.flatnonzero(crop == NUMBER[code])
        if not len(members):
            continue
        days, *curves = np.array(points, float).T
        for number, curve in enumerate(curves):
            values[number, members] = np.interp(day[members], days, curve)
    return Signal(*values)


# Day of the year, VV dB, VH dB, canopy, coherence.
_Points = list[tuple[float, float, float, float, float]]
_CURVES: dict[str, _Points] = {
    "WWH": [
        (40, -10, -17.5, 0.3, 0.45),
        (85, -10.2, -18.2, 0.5, 0.38),
        (110, -12, -20.3, 0.8, 0.28),
        (140, -15.3, -21.8, 1, 0.22),
        (160, -14, -19.8, 1, 0.24),
        (185, -12, -18.6, 0.9, 0.33),
        (205, -11.5, -18.6, 0.7, 0.5),
        (218, -10.8, -18.2, 0.2, 0.62),
        (300, -10.3, -17.6, 0.2, 0.5),
    ],
    "WBA": [
        (40, -10, -17.2, 0.4, 0.42),
        (80, -10.6, -18.3, 0.6, 0.35),
        (100, -12.5, -20.2, 0.9, 0.26),
        (122, -14.5, -20.0, 1, 0.22),
        (140, -12.8, -17.4, 1, 0.23),
        (165, -11.2, -16.6, 0.9, 0.32),
        (183, -11.2, -17.5, 0.6, 0.52),
        (195, -10.8, -18.3, 0.2, 0.62),
        (300, -10.3, -17.6, 0.3, 0.48),
    ],
    "WRY": [
        (40, -10, -17.3, 0.4, 0.43),
        (85, -11, -18.6, 0.7, 0.33),
        (105, -13, -20.6, 0.9, 0.26),
        (130, -15.2, -21.0, 1, 0.22),
        (150, -13.6, -18.8, 1, 0.23),
        (178, -11.9, -18.0, 0.9, 0.32),
        (202, -11.4, -18.3, 0.6, 0.5),
        (214, -10.8, -18.2, 0.2, 0.62),
        (300, -10.3, -17.6, 0.2, 0.5),
    ],
    "SCE": [
        (40, -11, -19.5, 0, 0.5),
        (80, -11.3, -20.2, 0.0, 0.42),
        (105, -10.8, -19.0, 0.3, 0.45),
        (135, -12.5, -19.8, 0.8, 0.28),
        (158, -14.3, -20.3, 1, 0.22),
        (180, -12.5, -18.0, 1, 0.24),
        (203, -11.3, -17.6, 0.8, 0.38),
        (222, -11, -18.2, 0.2, 0.6),
        (300, -10.5, -18, 0.2, 0.5),
    ],
    "WOR": [
        (40, -10, -16.6, 0.6, 0.35),
        (85, -10.2, -16.0, 0.8, 0.28),
        (108, -11.6, -17.4, 0.9, 0.24),
        (122, -11.8, -17.3, 1, 0.22),
        (145, -9.2, -13.6, 1, 0.21),
        (168, -8.8, -12.9, 1, 0.22),
        (190, -9.6, -14.2, 0.9, 0.3),
        (206, -11, -17.6, 0.2, 0.58),
        (300, -10.5, -17.6, 0.3, 0.45),
    ],
    "MAI": [
        (40, -11, -19.2, 0.1, 0.5),
        (110, -11.3, -20.2, 0, 0.5),
        (130, -11.6, -20.8, 0, 0.5),
        (160, -10.6, -18.2, 0.3, 0.42),
        (182, -9.0, -15.2, 0.8, 0.25),
        (210, -9.6, -14.7, 1, 0.21),
        (245, -9.8, -15.2, 1, 0.23),
        (268, -10.3, -16.4, 0.8, 0.32),
        (284, -10.5, -18.6, 0.1, 0.52),
        (300, -10.6, -18.8, 0.1, 0.52),
    ],
    "POT": [
        (40, -9.5, -18.2, 0, 0.45),
        (95, -10.6, -19.8, 0, 0.42),
        (118, -12.8, -22.2, 0, 0.5),
        (140, -14.2, -23.6, 0.05, 0.52),
        (152, -11.5, -19.0, 0.5, 0.35),
        (166, -8.7, -15.1, 1, 0.23),
        (195, -8.4, -14.4, 1, 0.21),
        (225, -9.2, -15.4, 0.9, 0.24),
        (245, -10.4, -18.6, 0.4, 0.38),
        (265, -10.8, -19.6, 0.1, 0.5),
        (300, -10.3, -18.6, 0.1, 0.48),
    ],
    "SBT": [
        (40, -10, -18.6, 0, 0.46),
        (90, -11.3, -20.3, 0, 0.45),
        (125, -12.6, -21.6, 0.0, 0.53),
        (150, -10.9, -18.2, 0.4, 0.38),
        (170, -8.9, -15.2, 0.9, 0.24),
        (205, -8.7, -14.6, 1, 0.21),
        (250, -8.9, -15.0, 1, 0.22),
        (285, -9.4, -15.8, 0.8, 0.26),
        (300, -10, -17.2, 0.4, 0.38),
    ],
    "ONI": [
        (40, -10, -18.8, 0, 0.47),
        (90, -11.4, -20.6, 0, 0.44),
        (120, -13.0, -22.4, 0, 0.56),
        (150, -12.6, -21.2, 0.1, 0.54),
        (180, -10.4, -17.9, 0.6, 0.34),
        (205, -9.7, -16.4, 0.9, 0.26),
        (228, -10.2, -17.3, 0.6, 0.34),
        (246, -11.2, -19.4, 0.1, 0.48),
        (300, -10.4, -18.4, 0.1, 0.48),
    ],
    "PEA": [
        (40, -10.6, -19, 0, 0.48),
        (90, -11.4, -20.4, 0, 0.44),
        (115, -11.8, -20.2, 0.2, 0.46),
        (140, -10.3, -17.0, 0.7, 0.28),
        (160, -9.2, -14.8, 1, 0.22),
        (180, -9.7, -15.4, 0.9, 0.26),
        (200, -10.7, -17.6, 0.4, 0.45),
        (212, -10.9, -18.6, 0.1, 0.56),
        (300, -10.3, -17.8, 0.3, 0.45),
    ],
    "GRP": [
        (40, -11, -17.6, 0.9, 0.36),
        (100, -11.2, -18.0, 0.9, 0.33),
        (140, -10.9, -17.4, 1, 0.28),
        (200, -11.1, -17.8, 1, 0.31),
        (250, -10.9, -17.6, 1, 0.3),
        (300, -10.8, -17.3, 0.9, 0.32),
    ],
    "GRT": [
        (40, -10.9, -17.5, 0.8, 0.37),
        (100, -11.1, -17.8, 0.9, 0.32),
        (140, -10.6, -16.9, 1, 0.26),
        (200, -10.9, -17.4, 1, 0.29),
        (250, -10.7, -17.2, 1, 0.29),
        (300, -10.7, -17.1, 0.9, 0.31),
    ],
    "FAL": [
        (40, -10.6, -18.4, 0.4, 0.42),
        (110, -11, -18.8, 0.5, 0.4),
        (150, -11.2, -18.4, 0.7, 0.34),
        (200, -10.9, -17.6, 0.8, 0.32),
        (250, -11, -17.8, 0.8, 0.34),
        (300, -10.8, -17.8, 0.7, 0.36),
    ],
    "VEG": [
        (40, -10.4, -19, 0, 0.46),
        (100, -11.4, -20.4, 0, 0.46),
        (130, -11.4, -20.0, 0.2, 0.46),
        (160, -10.0, -17.0, 0.7, 0.3),
        (185, -10.2, -17.4, 0.7, 0.34),
        (205, -11.0, -19.0, 0.3, 0.44),
        (235, -9.8, -16.6, 0.8, 0.28),
        (262, -10.6, -18.2, 0.4, 0.4),
        (300, -10.5, -18.2, 0.2, 0.46),
    ],
}
