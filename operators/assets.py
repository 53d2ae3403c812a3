"""Assets, through which one DAG triggers another when data have changed."""

from __future__ import annotations

from airflow.sdk import Asset

from dias_cbm_airflow.operators import names


def asset(name: str) -> Asset:
    """An asset of this system.

    For any other scheme Airflow searches all installed providers and imports them, which takes each
    task a quarter of a second; schemes that begin with ``x-`` it leaves alone.
    """
    return Asset(name=name, uri=f"x-{name}")


MEANS = asset(names.MEANS_ASSET)
MARKERS = asset(names.MARKERS_ASSET)


def signatures(card: str) -> Asset:
    """The asset that is updated when signatures of a card have been extracted."""
    return asset(names.signatures_asset(card))
