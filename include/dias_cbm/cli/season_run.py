"""``cbm season run``: days of a season without Airflow, from the catalogue to five-day means."""

from __future__ import annotations

import dataclasses
import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from dias_cbm.scenes import Card

if TYPE_CHECKING:
    from dias_cbm.backfill.estimate import Estimate
    from dias_cbm.completeness.proof import Proof
    from dias_cbm.db.connection import Connection
    from dias_cbm.pipeline.season import SeasonRun
    from dias_cbm.seasons import Season

_DAY = ["%Y-%m-%d"]


def run(
    name: Annotated[str, typer.Argument(help="Name of the season, e.g. dk-2018.")],
    cards: Annotated[
        list[Card] | None,
        typer.Option("--card", help="Which CARD family; may be given several times. Default: all."),
    ] = None,
    starts: Annotated[
        datetime | None,
        typer.Option("--from", formats=_DAY, help="First day (UTC); default: the season's."),
    ] = None,
    ends: Annotated[
        datetime | None,
        typer.Option("--to", formats=_DAY, help="Last day, included; default: the season's."),
    ] = None,
    reprocess: Annotated[
        bool, typer.Option("--reprocess", help="Look at days again that are done.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Work on days of a season without Airflow, and prove them finished: only then it exits with 0.

    It may be interrupted and run again: what is done is not done twice. Products on order are not
    waited for; work that a platform holds up is tried again, then left. The end says what is open.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import connect

    chosen = tuple(dict.fromkeys(cards or Card))
    with connect(application="cbm season run") as connection:
        season = seasons.get(connection, name)
        first = starts.date() if starts else season.starts
        last = ends.date() if ends else season.ends
        if dry_run:
            _estimate(connection, season, chosen, first, last, as_json=as_json)
        elif not _run(connection, season, chosen, first, last, again=reprocess, as_json=as_json):
            raise typer.Exit(1)


def _run(
    connection: Connection,
    season: Season,
    cards: tuple[Card, ...],
    first: date,
    last: date,
    *,
    again: bool,
    as_json: bool,
) -> bool:
    """Do the days, and say whether they are proven finished."""
    from dias_cbm.pipeline.season import SeasonRunner

    def tell(line: str) -> None:
        typer.echo(line, err=True)

    runner = SeasonRunner(connection, season, cards, first, last, again=again, tell=tell)
    try:
        done = runner.run()
    except KeyboardInterrupt:
        typer.echo("\ninterrupted; the same command goes on where it was", err=True)
        raise typer.Exit(130) from None
    found = runner.prove()
    finished = found.holds and not done.unfinished
    if as_json:
        typer.echo(json.dumps(_plain(done, found, finished=finished), default=str))
    else:
        _show(done, found)
    return finished


def _show(done: SeasonRun, found: Proof) -> None:
    from dias_cbm.cli.season import proof_lines

    typer.echo(done.summary())
    for one in done.unfinished:
        typer.echo(f"  {one}")
    for line in proof_lines(found):
        typer.echo(line)


def _plain(done: SeasonRun, found: Proof, *, finished: bool) -> dict[str, object]:
    return {
        "season": done.season,
        "from": done.first,
        "to": done.last,
        "cards": list(done.cards),
        "skipped": dict(done.skipped),
        "days": [dataclasses.asdict(one) for one in done.days.values()],
        "proof": dataclasses.asdict(found) | {"proven": found.holds},
        "finished": finished,
    }


def _estimate(
    connection: Connection,
    season: Season,
    cards: tuple[Card, ...],
    first: date,
    last: date,
    *,
    as_json: bool,
) -> None:
    """Say what a run would do, card by card."""
    estimates = [_estimate_of(connection, season, card, first, last) for card in cards]
    if as_json:
        plain = [dataclasses.asdict(e) | {"disk_needed": e.disk_needed} for e in estimates]
        typer.echo(json.dumps(plain, default=str))
        return
    for estimate in estimates:
        for line in estimate.lines():
            typer.echo(line)
    typer.echo("nothing was done: --dry-run", err=True)


def _estimate_of(
    connection: Connection, season: Season, card: Card, first: date, last: date
) -> Estimate:
    from dias_cbm.backfill.estimate import estimate
    from dias_cbm.backfill.listing import listed
    from dias_cbm.errors import CatalogueError

    try:
        scenes = listed(season, card, first, last)
    except CatalogueError as error:
        typer.echo(
            f"the catalogue could not be asked, so the ledger alone counts: {error}", err=True
        )
        scenes = []
    return estimate(connection, season, card, first, last, scenes)
