"""The contract of a marker: a name, a version, the values it needs, one call per block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

from dias_cbm.markers.events import Events, States
from dias_cbm.markers.series import ParcelSeries


class Window(NamedTuple):
    """The days that a marker answers for, half-open, in days since 1970-01-01.

    :param start: first day.
    :param end: first day after it.
    :param until: first day of which nothing can be known yet; None: the window is over.
    """

    start: int
    end: int
    until: int | None = None

    @property
    def over(self) -> bool:
        """Whether all of its days have passed."""
        return self.until is None or self.until >= self.end


@dataclass(frozen=True, slots=True)
class Needs:
    """The values that a marker reads, by the names of :mod:`dias_cbm.markers.series`.

    What the season does not have is left out of the series.

    :param optical: bands, statistics of bands (``B04:std``) and indices.
    :param radar: polarisations of backscatter.
    :param coherence: polarisations of coherence.
    :param attributes: whether it reads the parcels' attributes.
    :param refining: which of ``optical``, ``radar`` and ``coherence`` only refine its answers:
        scenes of these that are missing do not leave an answer open.
    """

    optical: frozenset[str] = frozenset()
    radar: frozenset[str] = frozenset()
    coherence: frozenset[str] = frozenset()
    attributes: bool = False
    refining: frozenset[str] = frozenset()

    def __or__(self, other: Needs) -> Needs:
        return Needs(
            self.optical | other.optical,
            self.radar | other.radar,
            self.coherence | other.coherence,
            self.attributes or other.attributes,
            self.refining & other.refining,
        )


@runtime_checkable
class Marker(Protocol):
    """One kind of question to a parcel's series, e.g. mowing.

    A marker reads its block only: the same series, window and options give the same answer. It
    must return one state for every parcel. Its ``version`` changes whenever its answers may.
    """

    @property
    def name(self) -> str:
        """Lower case with underscores, e.g. ``bare_soil``."""

    @property
    def version(self) -> str:
        """Version of its logic."""

    @property
    def needs(self) -> Needs:
        """The values that it reads."""

    def run(
        self, series: ParcelSeries, window: Window, options: Mapping[str, Any]
    ) -> tuple[States, Events]:
        """Answer for every parcel of a block.

        :param options: of this marker, as the settings give them; defaults for what is not there.
        """
