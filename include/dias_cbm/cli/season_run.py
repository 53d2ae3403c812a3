"""``cbm season run``: run days of a season without Airflow, from catalogue to five-day means."""

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
    """Run days of a season without Airflow, and prove them finished.

    The exit code is 0 only if they are. Without --from and --to the whole season is run. The
    command can be interrupted and run again: finished work is not repeated. It does not wait for
    ordered products. If a platform does not answer, its work is tried again, then left. What is
    still open is listed at the end.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import connect
    from dias_cbm.pipeline.season import SeasonRunner

    cards = tuple(dict.fromkeys(card or Card))
    with connect(application="cbm season run") as connection:
        place = seasons.get(connection, season)
        days = days_of(place, first, last)
        runner = SeasonRunner(connection, place, cards, *days, again=reprocess, tell=_note)
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


def _note(line: str) -> None:
    typer.echo(line, err=True)


def _run(runner: SeasonRunner) -> SeasonRun:
    try:
        return runner.run()
    except KeyboardInterrupt:
        _note("\ninterrupted; run the same command to continue")
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
    """An estimate of the work for one card."""
    from dias_cbm.backfill.estimate import estimate
    from dias_cbm.backfill.listing import listed
    from dias_cbm.errors import CatalogueError

    season, first, last = runner.season, runner.first, runner.last
    try:
        scenes = listed(season, card, first, last)
    except CatalogueError as error:
        _note(f"the catalogue could not be searched, only the ledger is counted: {error}")
        scenes = []
    return estimate(runner.connection, season, card, first, last, scenes)


def _print_estimates(estimates: list[Estimate], *, as_json: bool) -> None:
    if as_json:
        print_json([dataclasses.asdict(e) | {"disk_needed": e.disk_needed} for e in estimates])
        return
    for estimate in estimates:
        for line in estimate.lines():
            typer.echo(line)
