"""``cbm parcels``: load and validate the declared parcels of a season."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(name="parcels", no_args_is_help=True, help="The declared parcels of a season.")


@app.callback()
def _group() -> None:
    """The declared parcels of a season."""


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="Anything OGR reads, zipped files included.")],
    season: Annotated[str, typer.Option("--season", help="Created if need be, e.g. dk-2018.")],
    id_column: Annotated[
        str, typer.Option("--id-column", help="Parcel identifier; fid takes the feature number.")
    ],
    crop_column: Annotated[str, typer.Option("--crop-column", help="Declared crop.")],
    layer: Annotated[str | None, typer.Option("--layer", help="If the file has several.")] = None,
    area: Annotated[
        Path | None, typer.Option("--area", help="File with the season's area, any CRS.")
    ] = None,
    crs: Annotated[
        str | None, typer.Option("--crs", help="If the file names none, e.g. EPSG:25832.")
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Replace the season's parcels, and all made from them."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable report.")] = False,
) -> None:
    """Load a parcel file into a season, all or nothing, and report what was found in it."""
    from dias_cbm.db.connection import transaction
    from dias_cbm.geometry import read_area
    from dias_cbm.parcels.load import load as load_parcels

    with transaction(application="cbm parcels load") as connection:
        report = load_parcels(
            connection,
            file,
            season,
            id_column=id_column,
            crop_column=crop_column,
            layer=layer,
            replace=replace,
            area=read_area(area) if area else None,
            crs=crs,
        )
    typer.echo(report.json() if as_json else report.text())
