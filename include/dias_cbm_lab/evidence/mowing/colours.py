"""Colours of schemes on meadows with dated cuts: how often they are wrong, or not known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dias_cbm.markers import indices, mowing
from dias_cbm.markers.mowing import Cuts
from dias_cbm.markers.mowing_rule import MowingOptions
from dias_cbm.rules.colours import Colour
from dias_cbm.rules.language import RuleFile
from dias_cbm.rules.reading import parse
from dias_cbm.rules.schemes import judge
from dias_cbm_lab.evidence import colours
from dias_cbm_lab.evidence.markers.bars import Bar
from dias_cbm_lab.evidence.mowing.meadows import Meadows
from dias_cbm_lab.evidence.mowing.rivals import Found

_WINDOW = (4, 15), (7, 31)
_MOWN = """
[scheme.mown]
need = [{ marker = "mowing", window = ["04-15", "07-31"] }]
[scheme.not_mown]
forbid = [{ marker = "mowing", window = ["04-15", "07-31"] }]
"""
_KEPT = """
[scheme.not_ploughed]
forbid = [{ marker = "ploughing" }]
[scheme.not_converted]
forbid = [{ marker = "grassland_conversion", state = true }]
"""


@dataclass(frozen=True, slots=True)
class Coloured:
    """One scheme by one detector, in shares of all plot-years.

    :param false_green: green, although what it asks for is not so.
    :param false_red: red, although it is.
    """

    detector: str
    scheme: str
    false_green: float
    false_red: float
    yellow: float

    def bars(self) -> list[Bar]:
        """Beside what they may be; only "mown" has bars."""
        if self.scheme != "mown":
            return []
        what = f"mowing {self.detector.partition(',')[0]}, mown 15 April to 31 July"
        return [
            Bar(f"{what}: false green", self.false_green, 0.015, None, False),
            Bar(f"{what}: false red", self.false_red, 0.005, None, False),
            Bar(f"{what}: yellow", self.yellow, 0.54, 0.35, False),
        ]


def coloured(detector: str, meadows: Sequence[Meadows], found: Found) -> list[Coloured]:
    """Mown, and not mown, from 15 April to 31 July, by the cuts that a detector found.

    :param found: cuts by plot-year; their probabilities from other sites.
    """
    file = parse(_MOWN, "mown", ["mowing"])
    rest = iter(found)
    shades = np.concatenate(
        [_shades(one, [next(rest) for _ in one.mown], file) for one in meadows], axis=1
    )
    mown = np.array([_mown(one.year, cuts) for one in meadows for cuts in one.mown], bool)
    return [
        Coloured(
            detector,
            scheme.name,
            false_green=float(((shade == Colour.GREEN) & ~holds).mean()),
            false_red=float(((shade == Colour.RED) & holds).mean()),
            yellow=float((shade == Colour.YELLOW).mean()),
        )
        for scheme, shade, holds in zip(file.schemes, shades, (mown, ~mown), strict=True)
    ]


def false_reds(meadows: Sequence[Meadows]) -> dict[str, int]:
    """Reds of schemes that every meadow meets: none was ploughed, none was converted."""
    file = parse(_KEPT, "kept", ["grassland_conversion", "ploughing"])
    reds = np.zeros(len(file.schemes), np.int64)
    for one in meadows:
        optical = one.series.optical
        values = indices.with_indices(optical.values, indices.NAMES)
        series = replace(one.series, optical=replace(optical, values=values))
        shades = colours.colours(series, one.window, one.year, file)
        reds += (shades == Colour.RED).sum(axis=1)
    return {scheme.name: int(red) for scheme, red in zip(file.schemes, reds, strict=True)}


def _mown(year: int, cuts: list[int]) -> bool:
    first, last = (np.datetime64(f"{year}-{m:02}-{d:02}").astype(int) for m, d in _WINDOW)
    return any(first <= day <= last for day in cuts)


def _shades(meadows: Meadows, found: Found, file: RuleFile) -> NDArray[np.int8]:
    """Colours of these schemes: int8[schemes, n]."""
    options = MowingOptions()
    states, seen = mowing.seen(meadows.series, meadows.window, {}, options)
    looks = zip(seen.looks.parcel.tolist(), seen.looks.day.tolist(), strict=True)
    row = {look: number for number, look in enumerate(looks)}
    cuts = sorted(
        (row[parcel, one.end], one.probability)
        for parcel, mine in enumerate(found)
        for one in mine
        if (parcel, one.end) in row
    )
    cut = Cuts(
        np.array([one for one, _ in cuts], np.int64), np.array([one for _, one in cuts], np.float32)
    )
    answer = mowing.answered(meadows.series, states, seen, cut, options)
    block = colours.stored(meadows.series, meadows.window, {"mowing": answer})
    return np.array([one.colour for one in judge(file.schemes, block, meadows.year, {})])
