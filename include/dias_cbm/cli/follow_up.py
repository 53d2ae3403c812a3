"""``cbm follow-up``: the few images that would decide about each parcel in doubt."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dias_cbm.cli.options import AsJson, BandSet, DryRun, Out, SeasonName
from dias_cbm.cli.printing import one_line, print_json

if TYPE_CHECKING:
    from dias_cbm.follow_up.make import FollowUp, Plan

app = typer.Typer(
    name="follow-up",
    no_args_is_help=True,
    help="The images that would decide about parcels in doubt.",
)


@app.callback()
def _noun() -> None:
    pass


@app.command()
def make(
    season: SeasonName,
    out: Out,
    pid: Annotated[
        list[str] | None,
        typer.Option("--pid", help="Identifier of a parcel; may be repeated; default: all."),
    ] = None,
    most: Annotated[int, typer.Option("--most", min=1, help="Maximum number of parcels.")] = 100,
    band_set: BandSet = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make images and a page for outliers, reds and yellows.

    Each parcel gets at most six clear dates, chosen by what would decide, or the reason why there
    are none. Run again, it goes on where it was, and only makes what has changed.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import compute_within, transaction
    from dias_cbm.follow_up import make as making
    from dias_cbm.follow_up.subjects import subjects

    with transaction(application="cbm follow-up make") as connection:
        compute_within(connection)
        wanted = seasons.get(connection, season)
        if dry_run:
            found = subjects(connection, wanted, pid, most)
            planned = [_planned(one) for one in making.plans(connection, wanted, found, band_set)]
            done = {"season": wanted.name, "total": found.total, "parcels": planned}
            _print_plan(done, as_json)
            return
        report = making.make(
            connection, wanted, out, pids=pid, limit=most, bands=band_set, progress=_progress
        )
    if as_json:
        print_json(asdict(report))
    else:
        _print(report)


def _progress(done: int, parcels: int) -> None:
    if done % 10 == 0 and done < parcels:
        typer.echo(f"{done:,} of {parcels:,} parcels", err=True)


def _planned(plan: Plan) -> dict[str, Any]:
    return {
        "pid": plan.subject.pid,
        "doubts": [one.name for one in plan.subject.doubts],
        "images": [
            {"day": one.candidate.day, "card": plan.looks[one.candidate.obsid].card, "why": one.why}
            for one in plan.choices
        ],
        "notes": plan.notes,
    }


def _print_plan(done: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(done)
        return
    for parcel in done["parcels"]:
        typer.echo(one_line(f"{parcel['pid']}: {', '.join(parcel['doubts'])}"))
        for image in parcel["images"]:
            typer.echo(one_line(f"  {image['day']} {image['card']}: {image['why']}"))
        for note in parcel["notes"]:
            typer.echo(one_line(f"  {note}"))
    typer.echo(f"{len(done['parcels']):,} of {done['total']:,} parcels in doubt")


def _print(report: FollowUp) -> None:
    for parcel in report.parcels:
        if not parcel["images"]:
            why = " ".join(parcel["notes"]) or "No product of it is held."
            typer.echo(one_line(f"{parcel['pid']}: no image. {why}"))
    for name in report.certain:
        typer.echo(one_line(f"{name}: nothing is in doubt"))
    done = report.made + report.kept
    typer.echo(
        f"{done:,} of {report.total:,} parcels in doubt: {report.made:,} made, {report.kept:,}"
        f" unchanged, {report.without:,} without an image; {report.images:,} images"
    )
    for error, number in sorted(report.failed.items()):
        typer.echo(f"images that could not be cut: {number:,} ({error})")
    if report.page_left_out:
        typer.echo(f"the page has no room for the images of {report.page_left_out:,} parcels")
    if report.page is not None:
        typer.echo(f"page: {report.page}")
