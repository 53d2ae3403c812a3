"""SNAP, ESA's toolbox, run by its command ``gpt``."""

from dias_cbm.card.engines.snap.produce import make_backscatter, make_coherence

__all__ = ["make_backscatter", "make_coherence"]
