"""Vocabulary of this library's markers: kinds and values that rules may ask for, and options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dias_cbm.markers.witness import SPARSE_PLANTS, UNBROKEN, WITNESS


class Words(NamedTuple):
    """The words of one marker.

    :param kinds: of its events; none if it has no events.
    :param numbers: values of its states.
    :param options: beside those that all markers have.
    :param named: all its events are what its name says, so a rule may count them without a kind.
    """

    kinds: frozenset[str]
    numbers: frozenset[str]
    options: frozenset[str]
    named: bool = True


def _words(kinds: str, numbers: str, options: str = "", *, named: bool = True) -> Words:
    return Words(
        frozenset(kinds.split()), frozenset(numbers.split()), frozenset(options.split()), named
    )


#: Words by name of the marker; the kinds and values of a user's own markers are not known.
VOCABULARY: Mapping[str, Words] = {
    "bare_soil": _words(f"bare_soil {WITNESS}", "bare_days bare_looks"),
    "catch_crop": _words("catch_crop", "room", "crops least_days"),
    "cover": _words(
        "covered bare",
        "covered_days bare_days unknown_days longest_covered possible share",
        "least_days",
        named=False,
    ),
    "emergence": _words("emergence", "base peak"),
    "fallow": _words(f"harvest {WITNESS}", "highest", named=False),
    "grassland_conversion": _words(f"conversion {WITNESS}", "", "crops"),
    "harvest": _words(f"harvest {WITNESS}", "peak", "crops"),
    "homogeneity": _words("", "mixed", "least_looks least_pixels mixed"),
    "mowing": _words(
        f"mowing grazing_or_gradual {UNBROKEN} {WITNESS}",
        "cuts slow_losses",
        "apart crops end_day first_day ndmi_drop ndvi_drop recovery slow_days slow_drop",
    ),
    "other_use": _words("", "water built forest"),
    "ploughing": _words(f"ploughing {WITNESS}", ""),
    "presence": _words(f"vegetation {SPARSE_PLANTS}", "ndvi", "vegetated"),
}
