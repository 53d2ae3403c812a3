"""``cbm demo``: a simulated season through the whole chain, without an account anywhere."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dias_cbm_lab.demo.services import Running

app = typer.Typer(
    name="demo",
    no_args_is_help=True,
    help="A SIMULATED season through the whole chain, without an account anywhere.",
)

Folder = Annotated[
    Path | None, typer.Option("--run-folder", help="Instead of the setting run_folder.")
]
Days = Annotated[int, typer.Option(help="Days of observation.")]
Parcels = Annotated[int, typer.Option(help="Parcels.")]
Seed = Annotated[int, typer.Option(help="Of all random numbers.")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


class _Terminal:
    """Progress on stderr: a line that renews itself on a terminal, now and then one in a log."""

    _EVERY = 30  # calls, a minute at the pace of the demo

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._calls = 0

    def step(self, text: str) -> None:
        """A line that stays."""
        self._calls = 0
        typer.echo(f"\r\033[K{text}" if self._live else text, err=True)

    def progress(self, text: str) -> None:
        """A line that the next one replaces."""
        if self._live:
            typer.echo(f"\r\033[K{text}", err=True, nl=False)
        elif self._calls % self._EVERY == 0:
            typer.echo(text, err=True)
        self._calls += 1


@app.command()
def run(
    days: Days = 42,
    parcels: Parcels = 2000,
    seed: Seed = 1,
    keep: Annotated[
        bool, typer.Option("--keep-running/--stop", help="Leave Airflow and the database up.")
    ] = True,
    platform: Annotated[
        str, typer.Option(help="Ask the local DIAS in the dialect of odata, mundi, onda, ...")
    ] = "",
    store: Annotated[str, typer.Option(help="Read the products from files, s3 or swift.")] = "",
    as_json: AsJson = False,
    folder: Folder = None,
) -> None:
    """Run the main job: simulate, load, backfill, look for gaps and outliers, report."""
    from dias_cbm_lab.demo import main_job, report, services
    from dias_cbm_lab.demo.folder import run_folder

    _log_warnings()
    place = run_folder(folder)
    options = main_job.Options(days, parcels, seed)
    if platform:
        main_job.choose_dialect(place, platform)
    if store:
        main_job.choose_store(place, store)
    try:
        found = main_job.run(place, options, _Terminal())
        report.write(found, place)
        typer.echo(report.as_json(found) if as_json else report.as_text(found))
        if keep:
            _say_where(services.start(place), err=as_json)
    finally:
        if not keep:
            services.stop(place)
    if not found.ok:
        raise typer.Exit(1)


@app.command()
def chaos(
    days: Days = 21,
    parcels: Parcels = 300,
    seed: Seed = 1,
    keep: Annotated[
        bool, typer.Option("--keep-running/--stop", help="Leave Airflow and the database up.")
    ] = False,
    as_json: AsJson = False,
    folder: Folder = Path(".run/chaos"),
) -> None:
    """Run a season under fire, and see that nothing is lost, doubled or unexplained."""
    from dias_cbm_lab.chaos import season_under_fire as under_fire
    from dias_cbm_lab.demo import main_job, services
    from dias_cbm_lab.demo.folder import run_folder

    _log_warnings()
    place = run_folder(folder)
    try:
        outcome = under_fire.run(place, main_job.Options(days, parcels, seed), _Terminal())
        under_fire.report_file(place).write_text(outcome.as_json())
    finally:
        if not keep:
            services.stop(place)
    typer.echo(outcome.as_json() if as_json else "\n".join(outcome.lines()))
    if not outcome.ok:
        raise typer.Exit(1)


@app.command()
def start(folder: Folder = None) -> None:
    """Start database, local DIAS, mailbox and Airflow, as far as they are not running."""
    from dias_cbm_lab.demo import services
    from dias_cbm_lab.demo.folder import run_folder

    _log_warnings()
    _say_where(services.start(run_folder(folder)))


@app.command()
def stop(folder: Folder = None) -> None:
    """Stop everything that was started, by its recorded process ids."""
    from dias_cbm_lab.demo import services
    from dias_cbm_lab.demo.folder import run_folder

    stopped = services.stop(run_folder(folder))
    typer.echo(f"stopped: {', '.join(stopped)}" if stopped else "nothing was running")


@app.command()
def status(folder: Folder = None, as_json: AsJson = False) -> None:
    """Show what is running, and on which port."""
    from dias_cbm_lab.demo import services
    from dias_cbm_lab.demo.folder import run_folder

    found = services.status(run_folder(folder))
    if as_json:
        typer.echo(json.dumps(found))
        return
    for name, state in found.items():
        typer.echo(f"{name:<14} {state}")


@app.command("report")
def show_report(folder: Folder = None, as_json: AsJson = False) -> None:
    """Look at the results again; exit code 1 if something does not add up."""
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


@app.command()
def season(days: Days = 42, parcels: Parcels = 2000, seed: Seed = 1, folder: Folder = None) -> None:
    """Simulate a season and its product store only."""
    from dias_cbm_lab.demo import main_job
    from dias_cbm_lab.demo.folder import run_folder

    options = main_job.Options(days, parcels, seed)
    made = main_job.make_season(run_folder(folder), options, _Terminal())
    typer.echo(f"{made.folder}: SIMULATED season {made.name}, {made.starts} to {made.ends}")


@app.command()
def dias(
    port: Annotated[int | None, typer.Option(help="Instead of the setting dias_port.")] = None,
    folder: Folder = None,
) -> None:
    """Serve a simulated season as a local DIAS, until interrupted."""
    import uvicorn

    from dias_cbm.config.settings import settings
    from dias_cbm_lab.demo.folder import run_folder
    from dias_cbm_lab.dias import server

    catalogue = server.application(run_folder(folder).season)
    chosen = port or settings().dias_port
    typer.echo(f"http://{server.HOST}:{chosen}/odata/v1/Products", err=True)
    uvicorn.run(catalogue, host=server.HOST, port=chosen, log_level="warning", access_log=False)


def _log_warnings() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(message)s")


def _say_where(running: Running, *, err: bool = False) -> None:
    """Tell where the UI is. The password is shown once; afterwards only the file that keeps it."""
    from dias_cbm_lab.demo import environment

    def say(text: str) -> None:
        typer.echo(text, err=err)

    say(f"\nAirflow: {running.airflow_url}  user {environment.USER}")
    if environment.first_showing(running.run):
        say(f"password (shown once): {environment.password(running.run)}")
    say(f"the password is kept in {running.run.passwords}")
    say('database: psql "$(scripts/postgres.sh url)"')
    say("stop everything: make stop")
