"""``cbm outliers``: find and list the parcels whose signal does not confirm the declaration."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import typer

from dias_cbm.cli import outlier_decisions, outlier_reasons
from dias_cbm.cli.options import (
    AsJson,
    DryRun,
    Limit,
    Out,
    SeasonName,
    Status,
    StatusIfGiven,
    one_of,
)
from dias_cbm.cli.printing import one_line, print_json

if TYPE_CHECKING:
    from dias_cbm.db.connection import Connection
    from dias_cbm.outliers.estimate import Estimate
    from dias_cbm.outliers.run import OutlierReport

app = typer.Typer(
    name="outliers",
    no_args_is_help=True,
    help="Parcels whose signal does not confirm the declared crop.",
)


@app.command()
def run(season: SeasonName, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Score every parcel from its five-day means, and store the list."""
    from dias_cbm.db.connection import connect
    from dias_cbm.outliers import run as outlier_run

    def open_database() -> Connection:
        return connect(application="cbm outliers run")

    if dry_run:
        _foreseen(outlier_run.foresee(open_database, season), as_json)
        return
    report = outlier_run.run(open_database, season, lambda line: typer.echo(line, err=True))
    if as_json:
        print_json(dataclasses.asdict(report))
        return
    for line in _report(report):
        typer.echo(line)


def _foreseen(found: Estimate, as_json: bool) -> None:
    if as_json:
        print_json(dataclasses.asdict(found))
        return
    typer.echo(
        f"{found.rows} parcels x {found.columns} columns, {found.crops} crops: about"
        f" {found.minutes} minutes of one core, {found.memory_mb} MB of memory"
    )


def _report(report: OutlierReport) -> Iterator[str]:
    yield f"run {report.run}, model {report.model}: {report.parcels} parcels, {report.crops} crops"
    yield f"{report.season_seen:.0%} of the season seen; {report.minutes} minutes"
    yield f"learners: {', '.join(report.learners)} ({report.learners_because})"
    yield f"most likely crop is the declared one: {report.agreement:.1%} of scored parcels"
    test = report.self_test
    yield (
        f"self-test: exchanged declarations look more wrong with probability {test['auc']:.3f}"
        f" ({test['low']:.3f} to {test['high']:.3f}; by chance 0.5)"
    )
    yield f"estimate by swaps, mostly too low: {report.wrong_share_at_least:.1%} are wrong"
    yield from report.in_words
    blind = [name for name, power in report.power.items() if power is not None and power < 0.5]
    if blind:
        yield f"half or more of the wrong declarations would stay unseen: {', '.join(blind)}"
    for title, counts in (
        ("status", report.by_status),
        ("inconclusive because", report.by_reason),
        ("special reasons", report.special_reasons),
        ("too rare to judge", report.rare_crops),
    ):
        listed = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
        yield f"{title}: {listed or 'none'}"
    for names in report.alike_crops:
        yield f"different crops, although their texts are alike: {', '.join(map(repr, names))}"
    yield from report.shortcomings
    yield from report.group_remarks


@app.command("list")
def list_(
    season: SeasonName,
    status: StatusIfGiven = Status.OUTLIER,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """Show the latest list, most suspicious declarations first."""
    from dias_cbm.db.connection import transaction
    from dias_cbm.outliers import report
    from dias_cbm.outliers.conformal import in_words

    with transaction(application="cbm outliers list") as connection:
        found = report.rows(connection, season, status=status, limit=limit)
        run = report.latest(connection, season)
    if as_json:
        print_json(found)
        return
    typer.echo(run.headline)
    typer.echo(
        f"{'rank':>5} {'pid':<12} {'declared':<18} {'predicted':<18} {'P(wrong)':>9}  status"
    )
    for row in found:
        typer.echo(one_line(_line(row)))
        plausible = in_words(row["plausible"], run.crops) if row["sentence"] else None
        for words in filter(None, (row["sentence"], row["remark"], _found(row), plausible)):
            typer.echo(one_line(f"{'':>6}{words}"))


def _line(row: dict[str, Any]) -> str:
    wrong, sign = row["wrong_probability"], ""
    if wrong is None:
        wrong, sign = row["wrong_at_least"], "≥ "
    probability = "" if wrong is None else f"{sign}{wrong:.2f}"
    status = row["status"] + (f" ({row['reason']})" if row["reason"] else "")
    return (
        f"{row['rank'] or '':>5} {row['pid']:<12} {row['declared'] or '':<18}"
        f" {row['predicted'] or '':<18} {probability:>9}  {status}"
    )


def _found(row: dict[str, Any]) -> str:
    if row["finding"] is None:
        return ""
    crop = f", {row['true_crop']}" if row["true_crop"] else ""
    return f"found {row['finding']}{crop} ({row['decided_by']}, {row['decided_at']:%Y-%m-%d})"


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
outlier_reasons.add_to(app)
