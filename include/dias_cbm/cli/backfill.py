"""``cbm backfill``: estimate the past days of a season, then run them through Airflow."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dias_cbm.cli.options import (
    AsJson,
    CardName,
    DryRun,
    FirstDayIfGiven,
    LastDayIfGiven,
    Reprocess,
    SeasonName,
    Yes,
    days_of,
)
from dias_cbm.cli.printing import print_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from dias_cbm.backfill.airflow_api import AirflowApi
    from dias_cbm.backfill.estimate import Estimate
    from dias_cbm.backfill.follow import Ended, Follower, Order
    from dias_cbm.scenes import Card, Scene
    from dias_cbm.seasons import Season

app = typer.Typer(
    name="backfill", no_args_is_help=True, help="Run past days of a season through Airflow."
)


@app.command()
def run(
    season: SeasonName,
    card: CardName,
    first: FirstDayIfGiven = None,
    last: LastDayIfGiven = None,
    reprocess: Reprocess = False,
    active_runs: Annotated[
        int, typer.Option("--active-runs", min=1, help="Days to run at the same time.")
    ] = 2,
    offline: Annotated[
        bool, typer.Option("--offline", help="Estimate from the ledger alone.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Estimate past days, ask, run them, and prove the season finished.

    Without --from and --to the whole season is run. If you interrupt the command, the backfill
    continues in Airflow: run the same command to follow it again, or to resume a paused one.
    """
    from dias_cbm.errors import NotEnoughData

    place = _season(season)
    order = _order(place, card, first, last, active_runs, reprocess=reprocess)
    found = _estimate(place, card, order, offline=offline)
    planned = dataclasses.asdict(found) | {"disk_needed": found.disk_needed}
    if as_json and dry_run:
        print_json(planned)
    else:
        for line in found.lines(active_runs):
            typer.echo(line, err=as_json)
    if reprocess:
        typer.echo(f"--reprocess {found.replaces()}", err=as_json)
    if dry_run:
        return
    if not found.fits:
        raise NotEnoughData(
            f"{found.disk_needed} bytes needed, {found.disk_free} free",
            subject="disk of the database",
            hint="free some space, or choose fewer days",
        )
    if not yes:
        typer.confirm("Run these days?", abort=True, err=True)
    _follow_and_prove(order, place.name, planned, as_json=as_json)


@app.command()
def pause(
    season: SeasonName,
    card: CardName,
    first: FirstDayIfGiven = None,
    last: LastDayIfGiven = None,
    as_json: AsJson = False,
) -> None:
    """Pause the backfill of these days; `cbm backfill run` resumes it.

    Without --from and --to it is the backfill of the whole season.
    """
    paused = _follower(_order(_season(season), card, first, last), typer.echo).pause()
    if as_json:
        print_json({"paused": paused})
    elif paused:
        typer.echo("paused; `cbm backfill run` resumes it")
    else:
        typer.echo("no backfill is running for these days")


def _season(name: str) -> Season:
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction

    with transaction(application="cbm backfill") as connection:
        return seasons.get(connection, name)


def _order(
    season: Season,
    card: Card,
    first: date | None,
    last: date | None,
    active_runs: int = 2,
    *,
    reprocess: bool = False,
) -> Order:
    from dias_cbm.backfill.follow import Order

    again = "completed" if reprocess else "none"
    return Order(f"cbm_{card}", *days_of(season, first, last), active_runs, again)


def _estimate(season: Season, card: Card, order: Order, *, offline: bool) -> Estimate:
    from dias_cbm.backfill.estimate import estimate
    from dias_cbm.db.connection import transaction

    listed = [] if offline else _listed(season, card, order)
    with transaction(application="cbm backfill run") as connection:
        return estimate(connection, season, card, order.first, order.last, listed)


def _listed(season: Season, card: Card, order: Order) -> list[Scene]:
    """Scenes that the catalogue lists for these days; none, with a warning, if it fails."""
    from dias_cbm.backfill.listing import listed
    from dias_cbm.errors import CatalogueError

    try:
        return listed(season, card, order.first, order.last)
    except CatalogueError as error:
        typer.echo(
            f"the catalogue could not be searched, only the ledger is counted: {error}", err=True
        )
        return []


def _api() -> AirflowApi:
    """The API of the Airflow in the setting ``airflow.url``.

    The login is read from CBM_AIRFLOW_TOKEN, or CBM_AIRFLOW_USER and CBM_AIRFLOW_PASSWORD.
    """
    from dias_cbm.backfill.airflow_api import open_airflow

    return open_airflow()


def _follower(order: Order, report: Callable[[str], None]) -> Follower:
    from dias_cbm.backfill.follow import Follower

    return Follower(_api(), order, report)


def _follow_and_prove(order: Order, name: str, planned: dict[str, Any], *, as_json: bool) -> None:
    """Run the days and follow them; exit with code 1 unless the season is finished at the end."""
    from dias_cbm.cli.proof import print_proof, prove

    ended = _follow(order, quiet=as_json)
    proof = prove(name)
    if as_json:
        print_json(
            {
                "estimate": planned,
                "days": ended.states,
                "failed": ended.failed,
                "without_run": ended.without_run,
                "proof": dataclasses.asdict(proof) | {"proven": proof.holds},
            }
        )
    else:
        states = ", ".join(f"{count} {state}" for state, count in sorted(ended.states.items()))
        typer.echo(f"days: {states or 'none run'}; {len(ended.without_run)} without a run")
        for day in ended.failed:
            typer.echo(f"  {day}: failed, see its log in Airflow; --reprocess runs it again")
        print_proof(proof)
    if ended.failed or not proof.holds:
        raise typer.Exit(1)


def _follow(order: Order, *, quiet: bool) -> Ended:
    """Start or resume the backfill, and follow it to its end.

    :param quiet: keep progress off standard output.
    """
    follower = _follower(order, lambda text: typer.echo(text, err=quiet))
    file = typer.get_text_stream("stderr") if quiet else None
    try:
        follower.start()
        with typer.progressbar(length=len(order.days), label=order.dag_id, file=file) as bar:
            return follower.follow(bar.update)
    except KeyboardInterrupt:
        typer.echo(
            "\nno longer followed, but the backfill continues in Airflow. Run the same command to"
            " follow it again, or `cbm backfill pause` to pause it",
            err=True,
        )
        raise typer.Exit(130) from None
