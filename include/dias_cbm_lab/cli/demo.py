"""``cbm demo``: run a simulated season through the whole chain, without an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dias_cbm.cli.options import AsJson
from dias_cbm.cli.printing import print_json
from dias_cbm_lab.cli.options import Days, Folder, KeepRunning, Parcels, Seed
from dias_cbm_lab.cli.terminal import Terminal, log_warnings, say_where

if TYPE_CHECKING:
    from dias_cbm_lab.demo.services import Running

app = typer.Typer(
    name="demo",
    no_args_is_help=True,
    help="A SIMULATED season through the whole chain, without an account.",
)


@app.command()
def run(
    days: Days = 42,
    parcels: Parcels = 2000,
    seed: Seed = 1,
    keep: KeepRunning = True,
    dialect: Annotated[
        str, typer.Option(help="Dialect of the local DIAS: odata, mundi, onda, ...")
    ] = "",
    storage: Annotated[
        str, typer.Option(help="Kind of store to read products from: files, s3 or swift.")
    ] = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Run a simulated season through the whole chain.

    It simulates, loads, backfills, finds gaps and outliers, and prints a report.
    """
    from dias_cbm_lab.demo import main_job, report, services
    from dias_cbm_lab.demo.folder import run_folder

    log_warnings()
    place = run_folder(folder)
    options = main_job.Options(days, parcels, seed)
    if dialect:
        main_job.choose_dialect(place, dialect)
    if storage:
        main_job.choose_store(place, storage)
    try:
        found = main_job.run(place, options, Terminal())
        report.write(found, place)
        typer.echo(report.as_json(found) if as_json else report.as_text(found))
        if keep:
            say_where(services.start(place), err=as_json)
    finally:
        if not keep:
            services.stop(place)
    if not found.ok:
        raise typer.Exit(1)


@app.command()
def start(folder: Folder = None, as_json: AsJson = False) -> None:
    """Start database, local DIAS, mailbox and Airflow.

    What is running already is left as it is.
    """
    from dias_cbm_lab.demo import services
    from dias_cbm_lab.demo.folder import run_folder

    log_warnings()
    running = services.start(run_folder(folder))
    if as_json:
        print_json(_addresses(running))
    say_where(running, err=as_json)


def _addresses(running: Running) -> dict[str, Any]:
    from dias_cbm_lab.demo import window_checks

    return {
        "airflow": running.airflow_url,
        "window": window_checks.addresses(running.airflow_url),
        "password_file": str(running.run.passwords),
    }


@app.command()
def stop(folder: Folder = None, as_json: AsJson = False) -> None:
    """Stop everything that was started, by the recorded process ids."""
    from dias_cbm_lab.demo import services
    from dias_cbm_lab.demo.folder import run_folder

    stopped = services.stop(run_folder(folder))
    if as_json:
        print_json({"stopped": stopped})
    else:
        typer.echo(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")


@app.command()
def status(folder: Folder = None, as_json: AsJson = False) -> None:
    """Show what is running, and on which port."""
    from dias_cbm_lab.demo import services
    from dias_cbm_lab.demo.folder import run_folder

    found = services.status(run_folder(folder))
    if as_json:
        print_json(found)
        return
    for name, state in found.items():
        typer.echo(f"{name:<14} {state}")


@app.command("report")
def show_report(folder: Folder = None, as_json: AsJson = False) -> None:
    """Check the results again, and print the report.

    The exit code is 1 if a check fails.
    """
    from dias_cbm_lab.demo import main_job, report, services
    from dias_cbm_lab.demo.folder import run_folder
    from dias_cbm_lab.season.simulate import open_season

    place = run_folder(folder)
    season = open_season(place.season)
    found = report.collect(services.start(place), season, main_job.DAGS)
    report.write(found, place)
    typer.echo(report.as_json(found) if as_json else report.as_text(found))
    if not found.ok:
        raise typer.Exit(1)
