"""``cbm weather``: daily temperature and precipitation of a season's parcels."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dias_cbm.cli.options import AsJson, DryRun, SeasonName
from dias_cbm.cli.printing import one_line, print_json, print_table
from dias_cbm.weather.temperature import Temperature

app = typer.Typer(
    name="weather",
    no_args_is_help=True,
    help="Daily temperature and precipitation of parcels (optional).",
)


@app.command("import")
def import_(
    season: SeasonName,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="CSV, Parquet or NetCDF: place, day, what was measured."
        ),
    ],
    temperature: Annotated[
        Temperature, typer.Option("--temperature", help="Unit of temperatures in a table.")
    ] = Temperature.CELSIUS,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Import daily weather by cell or station: all of a file, or nothing.

    Columns of tables are lon, lat, date, tmean, tmin, tmax, precipitation in mm, and cell if cells
    have names. Each variable may come from a file of its own; what a file has replaces earlier
    values.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.weather.load import load

    with (
        transaction(application="cbm weather import") as connection,
        connection.transaction(force_rollback=dry_run),
    ):
        wanted = seasons.get(connection, season)
        report = load(connection, wanted, file, temperature)
    if as_json:
        print_json(asdict(report) | {"dry_run": dry_run})
        return
    typer.echo(
        f"{'would import' if dry_run else 'imported'} {report.days:,} days of"
        f" {report.cells:,} cells: {', '.join(report.variables)}"
    )
    for line in report.lines():
        typer.echo(one_line(line))


@app.command()
def show(
    season: SeasonName,
    pid: Annotated[str, typer.Argument(metavar="PID", help="Identifier of the parcel.")],
    as_json: AsJson = False,
) -> None:
    """Show the weather of the cell that is nearest to a parcel."""
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.weather.nearest import of_parcel

    with transaction(application="cbm weather show") as connection:
        wanted = seasons.get(connection, season)
        found = of_parcel(connection, wanted, pid)
    columns = found.columns()
    missing = found.missing(wanted.starts, wanted.ends)
    if as_json:
        print_json(
            {"cell": found.cell, "metres": found.metres, "days_missing": len(missing)} | columns
        )
        return
    typer.echo(one_line(f"cell {found.cell}, {found.metres / 1000:,.1f} km from the parcel"))
    names = list(columns)
    print_table([dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)])
    if missing:
        typer.echo(f"{len(missing):,} days of the season have no weather, first {missing[0]}")
