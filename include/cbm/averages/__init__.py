"""Five-day means: parcel means averaged over the observations of a window."""

from cbm.averages.windows import MeansReport, update

__all__ = ["MeansReport", "update"]
