"""The season that the tests of the follow-up share."""

from marker_season import marked

__all__ = ["marked"]
