"""Units of imported values: converted to this system's, and checked against what can be.

Reflectance, linear backscatter and coherence are stored. A digital number of Sentinel-2 is ten
thousand times the reflectance. A backscatter of ``x`` dB is ``10 ** (x / 10)``; of a mean of
decibels that is the geometric mean, and a deviation in decibels has no linear counterpart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dias_cbm.cards import CARDS, Card
from dias_cbm.series.layouts import STATISTICS, Backscatter, Optical

Values = NDArray[np.float64]

_DN = 10_000.0
_OPTICAL_BAND = re.compile(r"B(0\d|1[0-2]|8A)")
_POLARISATIONS = ("VV", "VH", "HH", "HV")
# Above this share of impossible values it is the unit that is wrong, not the values.
_WRONG_UNIT = 0.01
# Values are kept in single precision: beyond it they would be lost.
_LARGEST = float(np.finfo(np.float32).max)
_SAID_OTHERWISE = 0.5


def is_reflectance(card: str, band: str) -> bool:
    """Whether a band is a reflectance, not an index."""
    return card == Card.S2 and _OPTICAL_BAND.fullmatch(band) is not None


def is_backscatter(card: str, band: str) -> bool:
    """Whether a band is backscatter of one polarisation, not a ratio."""
    return card == Card.BS and band in _POLARISATIONS


def limits(card: str, band: str) -> tuple[float, float]:
    """Lowest and highest value that a band can have."""
    if is_reflectance(card, band) or is_backscatter(card, band):
        return CARDS[Card(card)].values
    if card in (Card.C6, Card.C12) and band in _POLARISATIONS:
        return 0.0, 1.0
    return (-1.0, 1.0) if band.startswith("ND") else (-_LARGEST, _LARGEST)


@dataclass(slots=True)
class Tally:
    """Values of one band that were seen.

    :param impossible: beyond the limits after conversion.
    :param converted_already: such as no value in the unit that was named would be.
    """

    values: int = 0
    impossible: int = 0
    converted_already: int = 0


@dataclass(slots=True)
class Units:
    """The units of a file, and what its values say about them.

    :param tallies: by card and band.
    """

    optical: Optical
    backscatter: Backscatter
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)

    def convert(
        self, card: str, band: str, statistics: Mapping[str, Values]
    ) -> tuple[dict[str, Values], NDArray[np.bool_]]:
        """Convert rows of one band.

        :param statistics: float64[n] by name, as in the file; the means are finite.
        :returns: the statistics in this system's units, and bool[n]: the mean is possible.
        """
        mean = statistics["mean"]
        tally = self.tallies.setdefault((card, band), Tally())
        found = dict(statistics)
        if is_reflectance(card, band) and self.optical is Optical.DN:
            found = {
                name: values if name == "count" else values / _DN for name, values in found.items()
            }
            tally.converted_already += int((np.abs(mean) <= CARDS[Card.S2].values[1]).sum())
        if is_backscatter(card, band) and self.backscatter is Backscatter.DB:
            with np.errstate(over="ignore"):
                found = {
                    name: values if name == "count" else 10 ** (values / 10)
                    for name, values in found.items()
                }
            if "std" in found:
                found["std"] = np.full(len(mean), np.nan)
            tally.converted_already += int((mean > 0).sum())
        low, high = limits(card, band)
        possible = (found["mean"] >= low) & (found["mean"] <= high)
        tally.values += len(mean)
        tally.impossible += int((~possible).sum())
        return found, possible

    def faults(self) -> list[str]:
        """A sentence for each band whose values are not in the unit that was named."""
        return [
            fault
            for (card, band), tally in sorted(self.tallies.items())
            if tally.values and (fault := self._fault(card, band, tally)) is not None
        ]

    def _fault(self, card: str, band: str, tally: Tally) -> str | None:
        if tally.impossible > _WRONG_UNIT * tally.values:
            low, high = limits(card, band)
            text = (
                f"{tally.impossible:,} of {tally.values:,} values of {card} {band} are not between"
                f" {low:g} and {high:g}"
            )
            if is_reflectance(card, band) and self.optical is Optical.REFLECTANCE:
                return f"{text}: if they are digital numbers, say --optical dn"
            if is_backscatter(card, band) and self.backscatter is Backscatter.LINEAR:
                return f"{text}: if they are decibels, say --backscatter db"
            return text
        if tally.converted_already > _SAID_OTHERWISE * tally.values:
            text = f"{tally.converted_already:,} of {tally.values:,} values of {card} {band} are"
            if is_reflectance(card, band):
                return f"{text} no digital numbers: say --optical reflectance if they are that"
            return f"{text} above 0 dB: say --backscatter linear if they are that"
        return None

    @property
    def impossible(self) -> int:
        """Values that are left out."""
        return sum(tally.impossible for tally in self.tallies.values())


def without_infinity(statistics: Mapping[str, Values], rows: int) -> list[NDArray[np.float32]]:
    """All statistics as float32, in their order; NaN where there is none."""
    columns = []
    for name in STATISTICS:
        with np.errstate(over="ignore", invalid="ignore"):
            values = statistics.get(name, np.full(rows, np.nan)).astype(np.float32)
        columns.append(np.where(np.isfinite(values), values, np.float32(np.nan)))
    return columns
