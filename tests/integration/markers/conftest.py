"""The season that the tests of markers share."""

from marker_season import marked

__all__ = ["marked"]
