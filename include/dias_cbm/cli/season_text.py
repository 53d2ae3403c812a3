"""A season as a line of text or as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dias_cbm.seasons import Season


def line_of(season: Season) -> str:
    """A season in one line."""
    west, south, east, north = season.bounds
    return (
        f"{season.name}: {season.starts} to {season.ends}, periods of {season.step_days} days from"
        f" {season.epoch}, EPSG:{season.srid},"
        f" {west:.2f}..{east:.2f} E {south:.2f}..{north:.2f} N, {season.precision.in_words()}"
    )


def plain_season(season: Season) -> dict[str, Any]:
    """A season as a JSON object, with the bounds of its area."""
    return {
        "id": season.id,
        "name": season.name,
        "bounds": season.bounds,
        "srid": season.srid,
        "epoch": season.epoch.isoformat(),
        "starts": season.starts.isoformat(),
        "ends": season.ends.isoformat(),
        "step_days": season.step_days,
        "area_from_parcels": season.area_from_parcels,
        "precision": season.precision,
    }
