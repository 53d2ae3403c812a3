"""The season that these tests observe."""

from observed_season import radar, world

__all__ = ["radar", "world"]
