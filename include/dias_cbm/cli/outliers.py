"""``cbm outliers``: find and list the parcels whose signal does not confirm the declaration."""

from __future__ import annotations

import dataclasses
from typing import Any

import typer

from dias_cbm.cli import outlier_decisions
from dias_cbm.cli.options import AsJson, Limit, Out, SeasonName, Status, StatusIfGiven, one_of
from dias_cbm.cli.printing import print_json

app = typer.Typer(
    name="outliers",
    no_args_is_help=True,
    help="Parcels whose signal does not confirm the declared crop.",
)


@app.command()
def run(season: SeasonName, as_json: AsJson = False) -> None:
    """Score every parcel from its five-day means, and store the list."""
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.outliers import run as outlier_run

    with transaction(application="cbm outliers run") as connection:
        report = outlier_run.run(connection, seasons.get(connection, season).id)
    if as_json:
        print_json(dataclasses.asdict(report))
        return
    typer.echo(
        f"run {report.run}, model {report.model}: {report.parcels} parcels, {report.crops} crops"
    )
    typer.echo(f"most likely crop is the declared one: {report.agreement:.1%} of scored parcels")
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
    status: StatusIfGiven = Status.OUTLIER,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Show the latest list, least likely declarations first."""
    from dias_cbm.db.connection import transaction
    from dias_cbm.outliers import report

    with transaction(application="cbm outliers list") as connection:
        found = report.rows(connection, season, status=status, limit=limit)
    if as_json:
        print_json(found)
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
    season: SeasonName, out: Out, status: StatusIfGiven = None, as_json: AsJson = False
) -> None:
    """Write the latest list to a .csv or .gpkg file.

    A .gpkg file contains the parcels' geometries.
    """
    from dias_cbm.db.connection import transaction
    from dias_cbm.outliers import report

    suffix = one_of(out, ".csv", ".gpkg")
    write = report.write_csv if suffix == ".csv" else report.write_geopackage
    with transaction(application="cbm outliers export") as connection:
        parcels = write(connection, season, out, status)
    if as_json:
        print_json({"file": out, "parcels": parcels})
    else:
        typer.echo(f"{out}: {parcels} parcels")


outlier_decisions.add_to(app)
