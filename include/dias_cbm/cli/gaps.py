"""``cbm gaps``: what is missing, why, and when it is tried again."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from dias_cbm.cli.options import AnySeason, AsJson, CardNames, SeasonName, parse_day
from dias_cbm.cli.printing import print_json

if TYPE_CHECKING:
    from dias_cbm.completeness.gaps import Gap
    from dias_cbm.db.connection import Connection
    from dias_cbm.seasons import Season

app = typer.Typer(
    name="gaps",
    no_args_is_help=True,
    help="Expected passes that are missing, and why.",
)


@app.command("list")
def list_(
    season: AnySeason = None,
    card: CardNames = None,
    tile: Annotated[str | None, typer.Option(help="Only this tile, e.g. 32VNH.")] = None,
    parcel: Annotated[str | None, typer.Option(help="Only gaps that concern this parcel.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Include recovered and confirmed gaps.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the open gaps, with a summary by cause and state."""
    from dias_cbm.completeness import gaps
    from dias_cbm.completeness.why import parcel_gaps
    from dias_cbm.db.connection import transaction

    with transaction(application="cbm gaps list") as connection:
        found = []
        for one in _seasons(connection, season):
            concerned = None if parcel is None else parcel_gaps(connection, one, parcel)
            found += [
                (one, gap)
                for gap in gaps.rows(connection, one, only_open=not everything)
                if (not card or gap.card in card) and tile in (None, gap.tile)
                if concerned is None or gap.id in concerned
            ]
    if as_json:
        rows = [dataclasses.asdict(gap) | {"season": one.name} for one, gap in found]
        print_json(rows)
        return
    for one, gap in found:
        typer.echo(_line(one.name, gap))
    typer.echo(_summary([gap for _, gap in found], "open " * (not everything)))


@app.command()
def refresh(season: AnySeason = None, as_json: AsJson = False) -> None:
    """Compare expected passes with extracted ones, and record the gaps."""
    from dias_cbm.completeness import gaps
    from dias_cbm.db.connection import transaction

    with transaction(application="cbm gaps refresh") as connection:
        reports = {
            one.name: dataclasses.asdict(gaps.refresh(connection, one))
            for one in _seasons(connection, season)
        }
    if as_json:
        print_json(reports)
        return
    for name, report in reports.items():
        causes = ", ".join(f"{cause} {n}" for cause, n in sorted(report["open_by_cause"].items()))
        typer.echo(
            f"{name}: {report['found']} of {report['expected']} expected passes are in;"
            f" {len(report['new'])} new gaps, {len(report['recovered'])} recovered,"
            f" {len(report['confirmed'])} confirmed; open: {causes or 'none'};"
            f" {report['not_run']} passes on days not run yet"
        )


@app.command()
def why(
    season: SeasonName,
    pid: Annotated[str, typer.Argument(metavar="PID", help="Identifier of the parcel.")],
    day: Annotated[
        date, typer.Argument(parser=parse_day, metavar="DAY", help="Day of observation, in UTC.")
    ],
    as_json: AsJson = False,
) -> None:
    """Explain why a parcel has or lacks a value for a day.

    The explanation goes pass by pass and step by step.
    """
    from dias_cbm import seasons
    from dias_cbm.completeness.why import explain
    from dias_cbm.db.connection import transaction

    with transaction(application="cbm gaps why") as connection:
        explanation = explain(connection, seasons.get(connection, season), pid, day)
    if as_json:
        print_json(dataclasses.asdict(explanation))
        return
    for line in explanation.lines():
        typer.echo(line)


@app.command()
def digest(
    season: SeasonName,
    html: Annotated[bool, typer.Option("--html", help="Print the HTML form.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print the digest that would be mailed now.

    Nothing is sent or recorded.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.notices import digest as mail

    with transaction(application="cbm gaps digest") as connection:
        composed = mail.compose(connection, seasons.get(connection, season))
    if as_json:
        keys = ("subject", "kind", "anything_new", "text", "html")
        print_json({key: getattr(composed, key) for key in keys})
        return
    if html:
        typer.echo(composed.html)
        return
    due = "due now" if composed.anything_new else "nothing new, not due"
    typer.echo(f"Subject: {composed.subject}\n[{composed.kind}; {due}]\n\n{composed.text}")


def _seasons(connection: Connection, name: str | None) -> list[Season]:
    from dias_cbm import seasons

    return seasons.all_seasons(connection) if name is None else [seasons.get(connection, name)]


def _line(season: str, gap: Gap) -> str:
    next_try = f"next try {gap.next_check:%Y-%m-%d %H:%M}" if gap.next_check else "closed"
    return (
        f"{season} {gap.card:<3} {gap.satellite} {gap.rel_orbit:>3}{gap.direction or ' '}"
        f" {gap.tile} {gap.expected_at:%Y-%m-%d %H:%M}  {gap.state:<9} {gap.cause:<17}"
        f" {gap.parcels:>6} parcels  {next_try}\n    {gap.evidence}"
    )


def _summary(found: Sequence[Gap], what: str) -> str:
    counts = Counter((gap.cause, gap.state) for gap in found)
    listed = ", ".join(f"{n} {cause} ({state})" for (cause, state), n in sorted(counts.items()))
    return f"{len(found)} {what}gaps{': ' * bool(listed)}{listed}"
