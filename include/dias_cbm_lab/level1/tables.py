"""Look-up tables of a simulated image, with the steps and edges of real ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_RANGE_STEP, _AZIMUTH_STEP, _LINE_STEP = 40, 667, 10
_BETA = 474.0
#: Noise power of the polarisations, in the units of DN squared.
_NOISE = {"VV": 1500.0, "VH": 1300.0}
_SWATHS = ("IW1", "IW2", "IW3")


@dataclass(frozen=True, slots=True)
class Scalloping:
    """Variation of the noise of one sub-swath along azimuth."""

    swath: str
    first_sample: int
    last_sample: int
    lines: Floats
    values: Floats


@dataclass(frozen=True, slots=True)
class SimulatedTables:
    """The tables of one polarisation.

    :param lines: (n,) of the vectors along range.
    :param samples: (m,).
    :param gamma: (n, m).
    :param noise: (n, m).
    """

    lines: Floats
    samples: Floats
    gamma: Floats
    noise: Floats
    scalloping: tuple[Scalloping, ...]

    def at(self, lines: Floats, samples: Floats) -> tuple[Floats, Floats]:
        """Gamma table and noise power of lines (n,) times samples (m,), each (n, m)."""
        found = []
        for table in (self.gamma, self.noise):
            along = np.array([np.interp(lines, self.lines, column) for column in table.T]).T
            found.append(np.array([np.interp(samples, self.samples, row) for row in along]))
        for one in self.scalloping:
            inside = (samples >= one.first_sample) & (samples <= one.last_sample)
            found[1][:, inside] *= np.interp(lines, one.lines, one.values)[:, None]
        return found[0], found[1]


def simulated_tables(
    polarisation: str, lines: int, samples: int, incidence: Floats
) -> SimulatedTables:
    """Tables like ESA's: gamma by incidence angle, noise of three sub-swaths with scalloping.

    :param incidence: degrees, (samples,).
    """
    at_samples = np.unique(np.append(np.arange(0, samples, _RANGE_STEP), samples - 1)).astype(float)
    at_lines = np.arange(0, lines + _AZIMUTH_STEP, _AZIMUTH_STEP).astype(float)
    chosen = np.radians(incidence[at_samples.astype(int)])
    gamma = np.tile(_BETA / np.sqrt(np.tan(chosen)), (len(at_lines), 1))
    across = at_samples / samples * len(_SWATHS) % 1
    drift = 1 + 0.02 * np.sin(at_lines / 900)
    noise = _NOISE[polarisation] * drift[:, None] * (1 + 2 * (across - 0.5) ** 2)
    edges = np.linspace(0, samples, len(_SWATHS) + 1).astype(int)
    steps = np.unique(np.append(np.arange(0, lines, _LINE_STEP), lines - 1)).astype(float)
    scalloping = tuple(
        Scalloping(
            swath,
            int(edges[i]),
            int(edges[i + 1]) - 1,
            steps,
            1 + 0.3 * (2 * ((steps / 1400 + i / 3) % 1) - 1) ** 2,
        )
        for i, swath in enumerate(_SWATHS)
    )
    return SimulatedTables(at_lines, at_samples, gamma, noise, scalloping)
