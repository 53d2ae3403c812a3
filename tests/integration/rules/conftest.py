"""The season that the tests of rules share."""

from marker_season import marked

__all__ = ["marked"]
