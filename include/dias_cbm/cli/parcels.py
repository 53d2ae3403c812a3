"""``cbm parcels``: load and validate the declared parcels of a season."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dias_cbm.cli.options import AreaIfGiven, AsJson, DryRun, Encoding, IdColumn, Layer, SeasonName
from dias_cbm.parcels.report import MAX_REJECTED

app = typer.Typer(name="parcels", no_args_is_help=True, help="The declared parcels of a season.")


@app.callback()
def _group() -> None:
    """The declared parcels of a season."""


@app.command()
def load(
    season: SeasonName,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Vector file that OGR reads, zipped or not, or GeoParquet; in any CRS.",
        ),
    ],
    id_column: IdColumn,
    crop_column: Annotated[str, typer.Option(help="Column with the declared crop.")],
    layer: Layer = None,
    area: AreaIfGiven = None,
    crs: Annotated[
        str | None, typer.Option(help="CRS, if the file has none, e.g. EPSG:25832.")
    ] = None,
    encoding: Encoding = None,
    max_rejected: Annotated[
        float,
        typer.Option(
            min=0,
            max=100,
            help="Share of rejected features, in percent, above which nothing is loaded.",
        ),
    ] = MAX_REJECTED,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Replace an earlier load, and remove its results."),
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Load a parcel file into a season, all or nothing.

    It reports how many features were loaded, repaired or rejected, and why. If more than
    --max-rejected are rejected, nothing is loaded; those outside the area do not count. A season
    that does not exist is created, for the year in its name, over --area or the extent of the
    parcels. As --id-column, fid is OGR's feature number.
    """
    from dias_cbm.db.connection import transaction
    from dias_cbm.parcels.load import load as load_parcels

    with (
        transaction(application="cbm parcels load") as connection,
        connection.transaction(force_rollback=dry_run),
    ):
        report = load_parcels(
            connection,
            file,
            season,
            id_column=id_column,
            crop_column=crop_column,
            layer=layer,
            replace=replace,
            area=area,
            crs=crs,
            encoding=encoding,
            max_rejected=max_rejected,
        )
    typer.echo(report.json() if as_json else report.text())
    if dry_run:
        typer.echo("nothing was loaded", err=True)
