"""Five-day means: parcel means averaged over the observations of a window."""

from dias_cbm.averages.window_means import MeansReport, update

__all__ = ["MeansReport", "update"]
