"""Options of the coherence engine."""

from __future__ import annotations

from dataclasses import dataclass, field

from dias_cbm.card.sar.boxcar import BoxcarWindow


@dataclass(frozen=True, slots=True)
class CoherenceOptions:
    """How coherence is computed; what is switched off is for tests of what it is good for.

    :param window: that is averaged.
    :param stripe: lines that are held at a time; the result does not depend on it.
    :param esd: correct each swath's azimuth registration by what its bursts say where they
        overlay each other; without it orbits are trusted.
    :param deramp: take the phase of TOPS steering out before resampling.
    :param remove_phase: of flat earth and terrain.
    """

    window: BoxcarWindow = field(default_factory=BoxcarWindow)
    stripe: int = 128
    esd: bool = False
    deramp: bool = True
    remove_phase: bool = True
