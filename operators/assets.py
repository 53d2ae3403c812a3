"""The assets by which one DAG tells another that something has changed."""

from __future__ import annotations

from airflow.sdk import Asset

from dias_cbm_airflow.operators import names


def asset(name: str) -> Asset:
    """An asset of this system.

    Airflow looks a scheme up among all installed providers, and imports them for it, a quarter of
    a second for each task; it leaves schemes that begin with ``x-`` to their owners.
    """
    return Asset(name=name, uri=f"x-{name}")


MEANS = asset(names.MEANS_ASSET)


def signatures(card: str) -> Asset:
    """Signatures of a card have been extracted."""
    return asset(names.signatures_asset(card))
