"""``cbm outliers``: find and list the parcels whose signal does not confirm the declaration."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    name="outliers",
    no_args_is_help=True,
    help="Parcels whose signal does not confirm the declared crop.",
)

SeasonName = Annotated[str, typer.Option("--season", help="Name of the season, e.g. dk-2018.")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
StatusName = Annotated[
    str | None, typer.Option("--status", help="Only confirmed, inconclusive or outlier.")
]


@app.command()
def run(season: SeasonName, as_json: AsJson = False) -> None:
    """Score every parcel of a season from its five-day means and store the verdicts."""
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.outliers import run as outlier_run

    with transaction(application="cbm outliers run") as connection:
        report = outlier_run.run(connection, seasons.get(connection, season).id)
    if as_json:
        typer.echo(json.dumps(dataclasses.asdict(report)))
        return
    typer.echo(
        f"run {report.run}, model {report.model}: {report.parcels} parcels, {report.crops} crops"
    )
    typer.echo(f"likeliest crop is the declared one: {report.agreement:.1%} of the scored parcels")
    for title, counts in (
        ("status", report.by_status),
        ("inconclusive because", report.by_reason),
        ("too rare to judge", report.rare_crops),
    ):
        listed = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
        typer.echo(f"{title}: {listed or 'none'}")


@app.command("list")
def list_(
    season: SeasonName,
    status: StatusName = "outlier",
    limit: Annotated[int, typer.Option(help="Rows to show.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show the latest list, least likely declarations first."""
    from dias_cbm.db.connection import transaction
    from dias_cbm.outliers import report

    with transaction(application="cbm outliers list") as connection:
        found = report.rows(connection, season, status=status, limit=limit)
    if as_json:
        typer.echo(json.dumps(found, default=str))
        return
    typer.echo(
        f"{'rank':>5} {'pid':<12} {'declared':<18} {'predicted':<18} {'P(declared)':>11}  status"
    )
    for row in found:
        typer.echo(_line(row))


def _line(row: dict[str, Any]) -> str:
    probability = "" if row["probability"] is None else f"{row['probability']:.3f}"
    status = row["status"] + (f" ({row['reason']})" if row["reason"] else "")
    return (
        f"{row['rank'] or '':>5} {row['pid']:<12} {row['declared'] or '':<18}"
        f" {row['predicted'] or '':<18} {probability:>11}  {status}"
    )


@app.command()
def export(
    season: SeasonName,
    csv: Annotated[Path | None, typer.Option(help="CSV file to write.")] = None,
    gpkg: Annotated[Path | None, typer.Option(help="GeoPackage to write, with geometries.")] = None,
    status: StatusName = None,
) -> None:
    """Write the latest list to files."""
    from dias_cbm.db.connection import transaction
    from dias_cbm.outliers import report

    if csv is None and gpkg is None:
        raise typer.BadParameter("name a file: --csv, --gpkg, or both")
    with transaction(application="cbm outliers export") as connection:
        for path, write in ((csv, report.write_csv), (gpkg, report.write_geopackage)):
            if path is not None:
                typer.echo(f"{path}: {write(connection, season, path, status)} parcels", err=True)
