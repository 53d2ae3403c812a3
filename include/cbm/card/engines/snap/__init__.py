"""SNAP, ESA's toolbox, run by its command ``gpt``."""

from cbm.card.engines.snap.making import make_backscatter, make_coherence

__all__ = ["make_backscatter", "make_coherence"]
