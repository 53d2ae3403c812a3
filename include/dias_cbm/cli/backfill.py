"""``cbm backfill``: a season's past days, estimated first, then run through Airflow."""

from __future__ import annotations

import dataclasses
import json
import os
from contextlib import closing
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from dias_cbm.backfill.airflow_api import AirflowApi
    from dias_cbm.backfill.estimate import Estimate
    from dias_cbm.backfill.follow import Follower, Order
    from dias_cbm.db.connection import Connection
    from dias_cbm.scenes import Scene
    from dias_cbm.seasons import Season

_DAY = ["%Y-%m-%d"]


class Family(StrEnum):
    """CARD families that have a DAG."""

    BS = "bs"
    C6 = "c6"
    C12 = "c12"
    S2 = "s2"


def backfill(
    card: Annotated[Family, typer.Option(help="Which CARD family.")],
    first: Annotated[
        datetime, typer.Option("--from", formats=_DAY, help="First day of observation (UTC).")
    ],
    last: Annotated[datetime, typer.Option("--to", formats=_DAY, help="Last day, included.")],
    season: Annotated[
        str | None, typer.Option("--season", help="Its name; else that of the days.")
    ] = None,
    run: Annotated[bool, typer.Option("--run", help="Do it, and follow it to its end.")] = False,
    pause: Annotated[
        bool, typer.Option("--pause", help="Pause the one over these days; --run takes it up.")
    ] = False,
    reprocess: Annotated[
        bool, typer.Option("--reprocess", help="Run days again that have been run.")
    ] = False,
    active_runs: Annotated[
        int, typer.Option("--active-runs", min=1, help="Days worked on at one time.")
    ] = 2,
    offline: Annotated[
        bool, typer.Option("--offline", help="Estimate from the ledger alone.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The estimate as JSON.")] = False,
) -> None:
    """Say what working on past days would take; with --run do it, and prove the season finished."""
    from dias_cbm.backfill.follow import Order

    order = Order(
        f"cbm_{card}",
        first.date(),
        last.date(),
        active_runs,
        "completed" if reprocess else "none",
    )
    if pause:
        paused = _follower(order).pause()
        typer.echo("paused; --run takes it up again" if paused else "none goes on over these days")
        return
    name, estimate = _estimate(card, order, season, offline=offline)
    if as_json:
        plain = dataclasses.asdict(estimate) | {"disk_needed": estimate.disk_needed}
        typer.echo(json.dumps(plain, default=str))
    else:
        for line in estimate.lines(active_runs):
            typer.echo(line)
    if reprocess:
        typer.echo(f"--reprocess {estimate.replaces()}", err=as_json)
    if not run:
        typer.echo("nothing was done; add --run to do it", err=True)
        return
    if not estimate.fits:
        from dias_cbm.errors import NotEnoughData

        raise NotEnoughData(
            f"{estimate.disk_needed} bytes needed, {estimate.disk_free} free",
            subject="disk of the database",
            hint="make room, or take fewer days at a time",
        )
    _run(order, name)


def _estimate(
    card: Family, order: Order, name: str | None, *, offline: bool
) -> tuple[str, Estimate]:
    from dias_cbm import seasons
    from dias_cbm.backfill.estimate import estimate
    from dias_cbm.db.connection import transaction
    from dias_cbm.scenes import Card

    with transaction(application="cbm backfill") as connection:
        season = seasons.get(connection, name) if name else _season_of(connection, order)
        listed = [] if offline else _listed(season, Card(card), order)
        found = estimate(connection, season, Card(card), order.first, order.last, listed)
    return season.name, found


def _season_of(connection: Connection, order: Order) -> Season:
    from dias_cbm import seasons

    candidates = seasons.on_day(connection, order.first)
    if len(candidates) != 1:
        names = ", ".join(one.name for one in candidates) or "none"
        raise typer.BadParameter(f"seasons of that day: {names}", param_hint="--season")
    return candidates[0]


def _listed(season: Season, card: str, order: Order) -> list[Scene]:
    """What the catalogue lists of these days; nothing, and said so, when it does not answer."""
    from datetime import UTC, time, timedelta

    from dias_cbm.catalogue import Query, open_catalogue
    from dias_cbm.config.settings import settings
    from dias_cbm.errors import CatalogueError
    from dias_cbm.scenes import KIND_OF_CARD, Card

    query = Query(
        (KIND_OF_CARD[Card(card)],),
        season.area,
        datetime.combine(order.first, time(), UTC),
        datetime.combine(order.last + timedelta(days=1), time(), UTC),
    )
    try:
        with closing(open_catalogue(settings().platform)) as catalogue:
            return [scene for page in catalogue.search(query) for scene in page.scenes]
    except CatalogueError as error:
        typer.echo(
            f"the catalogue could not be asked, so the ledger alone counts: {error}", err=True
        )
        return []


def _api() -> AirflowApi:
    """The Airflow of the setting ``airflow_url``.

    The login is read from CBM_AIRFLOW_TOKEN, or CBM_AIRFLOW_USER and CBM_AIRFLOW_PASSWORD.
    """
    from dias_cbm.backfill.airflow_api import AirflowApi
    from dias_cbm.config.settings import settings
    from dias_cbm.errors import SettingsError

    url = settings().airflow_url.rstrip("/")
    names = ("CBM_AIRFLOW_TOKEN", "CBM_AIRFLOW_USER", "CBM_AIRFLOW_PASSWORD")
    token, user, password = (os.environ.get(name, "") for name in names)
    if not url:
        raise SettingsError("is empty", subject="airflow_url", hint="set CBM_AIRFLOW_URL")
    if not token and not (user and password):
        hint = f"set {names[0]}, or {names[1]} and {names[2]}"
        raise SettingsError("no login for Airflow", subject=url, hint=hint)
    return AirflowApi(url, user, password, token=token)


def _follower(order: Order) -> Follower:
    from dias_cbm.backfill.follow import Follower

    return Follower(_api(), order, typer.echo)


def _run(order: Order, name: str) -> None:
    follower = _follower(order)
    try:
        follower.start()
        with typer.progressbar(length=len(order.days), label=order.dag_id) as bar:
            ended = follower.follow(bar.update)
    except KeyboardInterrupt:
        typer.echo(
            "\nnot followed any longer; it goes on in Airflow: the same command follows it again,"
            " --pause holds it",
            err=True,
        )
        raise typer.Exit(130) from None
    states = ", ".join(f"{count} {state}" for state, count in sorted(ended.states.items()))
    typer.echo(f"days: {states or 'none run'}; {len(ended.without_run)} without a run")
    for day in ended.failed:
        typer.echo(f"  {day}: failed, see its log in Airflow; --run with --reprocess runs it again")
    from dias_cbm.cli.season import prove_season

    proven = prove_season(name)
    if ended.failed or not proven:
        raise typer.Exit(1)
