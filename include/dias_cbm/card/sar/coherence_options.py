"""Options of the coherence engine."""

from __future__ import annotations

from dataclasses import dataclass, field

from dias_cbm.card.sar.boxcar import BoxcarWindow


@dataclass(frozen=True, slots=True)
class CoherenceOptions:
    """How coherence is computed; steps are switched off only to test what they contribute.

    :param window: to average over.
    :param stripe: lines held in memory at a time; the result does not depend on it.
    :param esd: correct each swath's azimuth registration from the overlaps of its bursts; without
        it orbits are trusted.
    :param deramp: remove the phase of TOPS steering before resampling.
    :param filter_band: leave only what both bursts have of the azimuth spectrum.
    :param remove_phase: remove the phase of flat earth and terrain.
    """

    window: BoxcarWindow = field(default_factory=BoxcarWindow)
    stripe: int = 24
    esd: bool = False
    deramp: bool = True
    filter_band: bool = True
    remove_phase: bool = True

    def __post_init__(self) -> None:
        if self.stripe < 1:
            raise ValueError(f"a stripe has {self.stripe} lines")
