"""``cbm season average``: recompute five-day means of a season."""

from __future__ import annotations

from dataclasses import asdict

import typer

from dias_cbm.cli.options import (
    AsJson,
    CardNames,
    FirstDayIfGiven,
    LastDayIfGiven,
    SeasonName,
    Workers,
    days_of,
)
from dias_cbm.cli.printing import print_json
from dias_cbm.scenes import Card


def average(
    season: SeasonName,
    card: CardNames = None,
    first: FirstDayIfGiven = None,
    last: LastDayIfGiven = None,
    workers: Workers = 2,
    as_json: AsJson = False,
) -> None:
    """Recompute the five-day means of a season.

    Days are averaged as they are run; this is for a whole season again, e.g. after a change in the
    tables by hand. Without --from and --to it takes all windows. Each is replaced as a whole, so
    the command can be interrupted and run again.
    """
    from dias_cbm import averages, seasons
    from dias_cbm.db.connection import connect

    with connect(application="cbm season average") as connection:
        place = seasons.get(connection, season)
        start, end = days_of(place, first, last)
        periods = range(
            place.period(max(start, place.starts)), place.period(min(end, place.ends)) + 1
        )
        reports = {
            one: averages.update(connection, place.id, one, periods=periods, workers=workers)
            for one in dict.fromkeys(card or Card)
        }
    if as_json:
        print_json({str(one): asdict(report) for one, report in reports.items()})
        return
    for one, report in reports.items():
        if report.means or card:
            typer.echo(
                f"{one}: {report.means:,} means in {len(report.periods)} windows,"
                f" {report.seconds:.1f} s"
            )
    if not any(report.means for report in reports.values()):
        typer.echo("no signatures to average")
