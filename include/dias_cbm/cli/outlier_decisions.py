"""``cbm outliers``: record what people found, and report how good the list is."""

from __future__ import annotations

import dataclasses
import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dias_cbm.cli.options import AsJson, DryRun, Out, SeasonName, one_of
from dias_cbm.cli.printing import print_json
from dias_cbm.outliers.finding import Finding, Source

if TYPE_CHECKING:
    from dias_cbm.outliers.precision import ListReport

_WHO = typer.Option("--by", help="Person who decided; default: the name of your login.")


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module to ``cbm outliers``."""
    app.command()(decide)
    app.command("import")(import_)
    app.command()(report)
    app.command()(sample)


def decide(
    season: SeasonName,
    pid: Annotated[str, typer.Argument(metavar="PID", help="Identifier of the parcel.")],
    finding: Annotated[
        Finding,
        typer.Argument(metavar="FINDING", help="`right`, `wrong` or `unclear`: the declared crop."),
    ],
    true_crop: Annotated[
        str | None, typer.Option("--true-crop", help="Crop that was seen, as farmers declare it.")
    ] = None,
    by: Annotated[str | None, _WHO] = None,
    note: Annotated[str | None, typer.Option("--note", help="Remark for other people.")] = None,
    run: Annotated[
        int | None,
        typer.Option(
            "--run", min=1, max=2**31 - 1, help="Number of the list; default: the latest."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Record what was found on a parcel.

    A decision is never changed or removed. A later one on the same parcel takes its place.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.outliers import decisions

    made = decisions.Decision(
        pid, finding, by or getpass.getuser(), true_crop=true_crop, run=run, note=note
    )
    with transaction(application="cbm outliers decide") as connection:
        number = decisions.record(
            connection, seasons.get(connection, season).id, made, Source.COMMAND
        )
    if as_json:
        print_json({"decision": number, "season": season, "pid": pid, "finding": finding})
    else:
        typer.echo(f"decision {number}: {season} {pid} {finding}")


def import_(
    season: SeasonName,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="CSV with the columns pid, finding and made_at, one parcel a line."
        ),
    ],
    by: Annotated[str | None, _WHO] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Record a file of decisions, all or nothing.

    Further columns may be by, true_crop, run and note. A line without a finding waits. The same
    file again, or a longer one, adds only what is new.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.outliers.decision_file import import_file

    with (
        transaction(application="cbm outliers import") as connection,
        connection.transaction(force_rollback=dry_run),
    ):
        done = import_file(
            connection, seasons.get(connection, season).id, file, by or getpass.getuser()
        )
    if as_json:
        print_json(dataclasses.asdict(done))
        return
    typer.echo(
        f"{'would record' if dry_run else 'recorded'} {done.recorded} decisions;"
        f" {done.known} known before, {done.waiting} lines without a finding"
    )
    if done.ignored:
        typer.echo(f"ignored columns: {', '.join(done.ignored)}")


def report(season: SeasonName, as_json: AsJson = False) -> None:
    """Report precision, alpha and beta of the list so far.

    With intervals. It counts the decision in force on each parcel, against the list that it was
    about.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.outliers import decisions, group_table, precision

    with transaction(application="cbm outliers report") as connection:
        number = seasons.get(connection, season).id
        groups = group_table.table_of(connection, number)
        known = decisions.in_force(connection, number)
    found: ListReport = precision.report(decisions.inspected(known, groups))
    if as_json:
        print_json(
            {"season": season, "definitions": precision.DEFINITIONS} | dataclasses.asdict(found)
        )
    else:
        typer.echo(precision.text(found, season))


def sample(
    season: SeasonName,
    out: Out,
    seed: Annotated[
        int | None,
        typer.Option("--draw", help="Number of the draw; default: that of the latest list."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a sample of parcels to inspect to a .csv file.

    With their findings P(wrong) can be calibrated: fill the file in, and `cbm outliers import` it.
    It has 100 parcels of the top 2 % of the list, 70 of the next 5 % and 30 of the rest; those
    inspected already count.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.outliers.decision_file import write_sample

    one_of(out, ".csv")
    with transaction(application="cbm outliers sample") as connection:
        parcels = write_sample(connection, seasons.get(connection, season).id, out, seed)
    if as_json:
        print_json({"file": out, "parcels": parcels})
    else:
        typer.echo(f"{out}: {parcels} parcels to inspect")
