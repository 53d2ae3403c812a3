"""``cbm lab``: developers' tools: a chaos run, a simulated season, a local DIAS."""

from __future__ import annotations

from pathlib import Path

import typer

from dias_cbm.cli.options import AsJson, Port
from dias_cbm.cli.printing import print_json
from dias_cbm_lab.cli.options import Days, Folder, KeepRunning, Parcels, Seed
from dias_cbm_lab.cli.terminal import Terminal, log_warnings

app = typer.Typer(
    name="lab",
    no_args_is_help=True,
    help="Developers' tools: chaos, simulation, local DIAS.",
)


@app.command()
def chaos(
    days: Days = 21,
    parcels: Parcels = 300,
    seed: Seed = 1,
    keep: KeepRunning = False,
    folder: Folder = Path(".run/chaos"),
    as_json: AsJson = False,
) -> None:
    """Run a season while faults are injected, and check its results.

    Nothing may be lost, doubled or unexplained; see docs/chaos.md.
    """
    from dias_cbm_lab.chaos import season_under_fire as under_fire
    from dias_cbm_lab.demo import main_job, services
    from dias_cbm_lab.demo.folder import run_folder

    log_warnings()
    place = run_folder(folder)
    try:
        outcome = under_fire.run(place, main_job.Options(days, parcels, seed), Terminal())
        under_fire.report_file(place).write_text(outcome.as_json())
    finally:
        if not keep:
            services.stop(place)
    typer.echo(outcome.as_json() if as_json else "\n".join(outcome.lines()))
    if not outcome.ok:
        raise typer.Exit(1)


@app.command()
def season(
    days: Days = 42,
    parcels: Parcels = 2000,
    seed: Seed = 1,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Only simulate a season and its product store."""
    from dias_cbm_lab.demo import main_job
    from dias_cbm_lab.demo.folder import run_folder

    options = main_job.Options(days, parcels, seed)
    found = main_job.make_season(run_folder(folder), options, Terminal())
    if as_json:
        names = ("folder", "name", "starts", "ends")
        print_json({name: getattr(found, name) for name in names})
    else:
        typer.echo(f"{found.folder}: SIMULATED season {found.name}, {found.starts} to {found.ends}")


@app.command()
def dias(
    port: Port = None,
    folder: Folder = None,
) -> None:
    """Serve a simulated season as a local DIAS, until interrupted.

    Without a port, at the one of $CBM_DIAS_PORT.
    """
    import uvicorn

    from dias_cbm_lab.demo.folder import run_folder
    from dias_cbm_lab.demo.settings import lab_settings
    from dias_cbm_lab.dias import server

    catalogue = server.application(run_folder(folder).season)
    chosen = port or lab_settings().dias_port
    typer.echo(f"http://{server.HOST}:{chosen}/odata/v1/Products", err=True)
    uvicorn.run(catalogue, host=server.HOST, port=chosen, log_level="warning", access_log=False)
