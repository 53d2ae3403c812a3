"""How CARD products come about: one engine per way, behind one interface."""

from cbm.card.engines.job import CardEngine, Job
from cbm.card.engines.ready import ReadyEngine

__all__ = ["CardEngine", "Job", "ReadyEngine"]
