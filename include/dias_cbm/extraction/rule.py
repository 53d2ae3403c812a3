"""Pixel rules: the pixels of a parcel that count, and the rule's name in the records."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from affine import Affine

from dias_cbm.errors import SettingsError
from dias_cbm.extraction.coverage import build_coverage
from dias_cbm.extraction.spans import Spans, build_spans
from dias_cbm.geometry import FlatRings


class Rule(StrEnum):
    """The rule for which pixels of a parcel count.

    ``centre``: those whose centre lies in it, each wholly, as in JRC's series and rasterstats.
    ``coverage``: all that it touches, each by the share that it covers, as in exactextract.
    """

    CENTRE = "centre"
    COVERAGE = "coverage"

    @property
    def build(self) -> Callable[[FlatRings, Affine, int, int], Spans]:
        """The function that rasterises parcels by this rule."""
        return build_coverage if self is Rule.COVERAGE else build_spans

    @property
    def at_a_time(self) -> int | None:
        """Parcels whose spans are held in memory together; None for all of them.

        Shares of pixels take 2 kB a parcel, runs of whole pixels a sixth of that.
        """
        return 25_000 if self is Rule.COVERAGE else None

    def name_with(
        self, *, inner_buffer_m: float = 0.0, clear: bool = False, seen: bool = False
    ) -> str:
        """The rule's name in records: ``centre``, ``coverage-10m``, ``centre-10m+clear``.

        :param inner_buffer_m: by how much parcels were shrunk before.
        :param clear: only pixels of clear classes count.
        :param seen: only pixels that are neither in layover nor in shadow count.
        """
        buffer = f"-{inner_buffer_m:g}m" if inner_buffer_m else ""
        return f"{self.value}{buffer}{'+clear' if clear else ''}{'+seen' if seen else ''}"


def parse_rule(name: str) -> Rule:
    """A rule by its name.

    :raises SettingsError: there is none of that name.
    """
    if name not in list(Rule):
        raise SettingsError("unknown rule", subject=name, hint=f"use {' or '.join(Rule)}")
    return Rule(name)
