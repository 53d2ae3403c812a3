"""Scenes as ``cbm catalogue`` prints them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from dias_cbm.cli.printing import print_json, print_table

if TYPE_CHECKING:
    from dias_cbm.catalogue.base import Page
    from dias_cbm.scenes import Scene


def print_scenes(scenes: list[Scene], *, as_json: bool) -> None:
    """Print scenes: with all attributes as JSON, else as a table."""
    rows = [plain_scene(scene) for scene in scenes]
    if as_json:
        print_json(rows)
        return
    shown = ("name", "sensed", "published", "orbit", "direction", "tile", "size_mb")
    table = [{key: row[key] for key in shown} for row in rows]
    for row in table:
        row |= {key: f"{row[key]:.19}Z" for key in ("sensed", "published") if row[key]}
    print_table(table)


def plain_scene(scene: Scene) -> dict[str, Any]:
    """A scene as a JSON object."""
    from shapely.geometry import mapping

    return {
        "platform": scene.platform,
        "id": scene.product_id,
        "name": scene.name,
        "kind": scene.kind,
        "satellite": scene.satellite,
        "sensed": scene.start.isoformat(),
        "ends": scene.end.isoformat(),
        "published": scene.published and scene.published.isoformat(),
        "orbit": scene.rel_orbit,
        "absolute_orbit": scene.abs_orbit,
        "direction": scene.direction,
        "datatake": scene.datatake,
        "slice": scene.slice,
        "tile": scene.tile,
        "baseline": scene.baseline,
        "timeliness": scene.timeliness,
        "location": scene.location,
        "online": scene.online,
        "size_mb": scene.size and round(scene.size / 1e6, 1),
        "size": scene.size,
        "checksum": scene.checksum,
        "footprint": scene.footprint and mapping(scene.footprint),
    }


def print_left_out(pages: list[Page], *, cut: bool) -> None:
    """Report on standard error what is not in the list, and why."""
    for page in pages:
        for entry in page.quarantined:
            typer.echo(f"quarantined: {entry.name}: {entry.reason}", err=True)
    skipped = sum(len(page.skipped) for page in pages)
    if skipped:
        typer.echo(f"skipped: {skipped} entries of other product types", err=True)
    if cut:
        typer.echo("stopped at --limit; there may be more", err=True)
