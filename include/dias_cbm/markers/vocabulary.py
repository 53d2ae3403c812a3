"""The words of this library's markers, by which rules ask for what they tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dias_cbm.markers.witness import SPARSE_PLANTS, UNBROKEN, WITNESS


class Told(NamedTuple):
    """The words of one marker.

    :param kinds: of its events; none if it has no events.
    :param numbers: values of its states.
    :param named: its events are what its name says, so that they can be counted without a kind.
    """

    kinds: frozenset[str]
    numbers: frozenset[str]
    named: bool = True


def _told(kinds: str, numbers: str, *, named: bool = True) -> Told:
    return Told(frozenset(kinds.split()), frozenset(numbers.split()), named)


#: By name of the marker. A user's own is not in it: nothing is known of its words.
TOLD: Mapping[str, Told] = {
    "bare_soil": _told(f"bare_soil {WITNESS}", "bare_days bare_looks"),
    "catch_crop": _told("catch_crop", "room"),
    "cover": _told(
        "covered bare",
        "covered_days bare_days unknown_days longest_covered possible share",
        named=False,
    ),
    "emergence": _told("emergence", "base peak"),
    "fallow": _told(f"harvest {WITNESS}", "highest", named=False),
    "grassland_conversion": _told(f"conversion {WITNESS}", ""),
    "harvest": _told(f"harvest {WITNESS}", "peak"),
    "homogeneity": _told("", "mixed"),
    "mowing": _told(f"mowing grazing_or_gradual {UNBROKEN} {WITNESS}", "cuts slow_losses"),
    "other_use": _told("", "water built forest"),
    "ploughing": _told(f"ploughing {WITNESS}", ""),
    "presence": _told(f"vegetation {SPARSE_PLANTS}", "ndvi"),
}
