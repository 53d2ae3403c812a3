"""``cbm season run``: days of a season without Airflow, from the catalogue to five-day means."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import typer

from dias_cbm.cli.options import (
    AsJson,
    CardNames,
    DryRun,
    FirstDayIfGiven,
    LastDayIfGiven,
    Reprocess,
    SeasonName,
    days_of,
)
from dias_cbm.cli.printing import print_json
from dias_cbm.cli.proof import print_proof
from dias_cbm.scenes import Card

if TYPE_CHECKING:
    from dias_cbm.backfill.estimate import Estimate
    from dias_cbm.completeness.proof import Proof
    from dias_cbm.pipeline.season import SeasonRun, SeasonRunner


def run(
    season: SeasonName,
    card: CardNames = None,
    first: FirstDayIfGiven = None,
    last: LastDayIfGiven = None,
    reprocess: Reprocess = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Work on days of a season without Airflow, and prove them finished: only then it exits with 0.

    Without days all of the season is run. It may be interrupted and run again: what is done is not
    done twice. Products on order are not waited for; what a platform holds up is tried again, then
    left. The end says what is open.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import connect
    from dias_cbm.pipeline.season import SeasonRunner

    cards = tuple(dict.fromkeys(card or Card))
    with connect(application="cbm season run") as connection:
        place = seasons.get(connection, season)
        days = days_of(place, first, last)
        runner = SeasonRunner(connection, place, cards, *days, again=reprocess, tell=_tell)
        if dry_run:
            _print_estimates([_estimate(runner, one) for one in cards], as_json=as_json)
            return
        done = _run(runner)
        proof = runner.prove()
    finished = proof.holds and not done.unfinished
    if as_json:
        print_json(_plain(done, proof, finished=finished))
    else:
        _print(done, proof)
    if not finished:
        raise typer.Exit(1)


def _tell(line: str) -> None:
    typer.echo(line, err=True)


def _run(runner: SeasonRunner) -> SeasonRun:
    try:
        return runner.run()
    except KeyboardInterrupt:
        _tell("\ninterrupted; the same command goes on where it was")
        raise typer.Exit(130) from None


def _print(done: SeasonRun, proof: Proof) -> None:
    typer.echo(done.summary())
    for one in done.unfinished:
        typer.echo(f"  {one}")
    print_proof(proof)


def _plain(done: SeasonRun, proof: Proof, *, finished: bool) -> dict[str, Any]:
    return {
        "season": done.season,
        "from": done.first,
        "to": done.last,
        "cards": list(done.cards),
        "skipped": dict(done.skipped),
        "days": [dataclasses.asdict(one) for one in done.days.values()],
        "proof": dataclasses.asdict(proof) | {"proven": proof.holds},
        "finished": finished,
    }


def _estimate(runner: SeasonRunner, card: Card) -> Estimate:
    """What working on one card would take."""
    from dias_cbm.backfill.estimate import estimate
    from dias_cbm.backfill.listing import listed
    from dias_cbm.errors import CatalogueError

    season, first, last = runner.season, runner.first, runner.last
    try:
        scenes = listed(season, card, first, last)
    except CatalogueError as error:
        _tell(f"the catalogue could not be asked, so the ledger alone counts: {error}")
        scenes = []
    return estimate(runner.connection, season, card, first, last, scenes)


def _print_estimates(estimates: list[Estimate], *, as_json: bool) -> None:
    if as_json:
        print_json([dataclasses.asdict(e) | {"disk_needed": e.disk_needed} for e in estimates])
        return
    for estimate in estimates:
        for line in estimate.lines():
            typer.echo(line)
