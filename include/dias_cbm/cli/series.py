"""``cbm series``: series of other platforms, and how they differ from the season's own."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dias_cbm.cli.options import (
    AsJson,
    CardIfGiven,
    DryRun,
    OutIfGiven,
    SeasonName,
    Yes,
    one_of,
)
from dias_cbm.cli.printing import one_line, print_json, print_table
from dias_cbm.series.layouts import Backscatter, Layout, Optical

if TYPE_CHECKING:
    from dias_cbm.series.load import Report

app = typer.Typer(
    name="series",
    no_args_is_help=True,
    help="Series of other platforms, compared with the season's own.",
)

Source = Annotated[str, typer.Argument(metavar="NAME", help="Name of an imported source.")]


@app.command("import")
def import_(
    season: SeasonName,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="CSV or Parquet: parcel, day, band, statistics."),
    ],
    name: Annotated[str, typer.Option("--name", help="Name that the source gets here.")],
    layout: Annotated[
        Layout | None,
        typer.Option("--layout", help="Layout of the file; default: by its columns."),
    ] = None,
    card: CardIfGiven = None,
    band: Annotated[
        str | None, typer.Option("--band", help="Band of all rows, if no column tells it.")
    ] = None,
    optical: Annotated[
        Optical | None,
        typer.Option("--optical", help="Units of optical bands; default: those of the layout."),
    ] = None,
    backscatter: Annotated[
        Backscatter | None,
        typer.Option("--backscatter", help="Units of backscatter; default: linear."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace an earlier load, and remove its results.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Import a file as a source of its own: all of it, or nothing.

    It never mixes with the season's own signatures. The same file again changes nothing. What has
    no place in the season is counted by reason.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.record_files import columns_of
    from dias_cbm.series.layouts import choose
    from dias_cbm.series.load import load

    reading = choose(
        columns_of(file), file,
        layout=layout, card=card, band=band, optical=optical, backscatter=backscatter,
    )  # fmt: skip
    with (
        transaction(application="cbm series import") as connection,
        connection.transaction(force_rollback=dry_run),
    ):
        wanted = seasons.get(connection, season)
        report = load(connection, wanted, file, name, reading, replace=replace)
    if as_json:
        print_json(asdict(report) | {"dry_run": dry_run})
    else:
        _print(report, dry_run=dry_run)


def _print(report: Report, *, dry_run: bool) -> None:
    told = ", ".join(f"{name} {value}" for name, value in report.reading.items() if value)
    typer.echo(f"read as: {told}")
    if report.unchanged:
        typer.echo(f"{report.source} has this file already, with {report.records:,} records")
        return
    typer.echo(
        f"{'would import' if dry_run else 'imported'} {report.records:,} of"
        f" {report.counts.rows:,} rows as {report.source}: {' '.join(report.cards)};"
        f" {' '.join(report.bands)}"
    )
    for line in report.lines():
        typer.echo(one_line(line))
    if report.replaced:
        typer.echo(f"{report.replaced:,} records of the earlier import give way")


@app.command()
def compare(
    season: SeasonName,
    first: Annotated[
        str, typer.Argument(metavar="A", help="A source; own: the season's own signatures.")
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="Another source.")],
    out: OutIfGiven = None,
    as_json: AsJson = False,
) -> None:
    """Compare two sources: bias, spread, correlation, lag.

    By band, crop and month; all differences are B - A. The table printed is of all crops and
    months; JSON and --out with a name ending in .csv have all rows, and .png is a plot.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.series import compare as comparing
    from dias_cbm.series import plot, report
    from dias_cbm.whole_file import whole_file

    suffix = None if out is None else one_of(out, ".csv", ".png")
    with transaction(application="cbm series compare") as connection:
        wanted = seasons.get(connection, season)
        found = comparing.compare(connection, wanted, first, second, progress=_progress)
    if out is not None and suffix == ".csv":
        report.write_csv(found, out)
    elif out is not None:
        picture = plot.as_png(found)
        with whole_file(out) as aside:
            aside.write_bytes(picture)
    if as_json:
        print_json(report.plain(found) | {"out": out})
        return
    print_table(report.table(found))
    for line in report.lines(found):
        typer.echo(one_line(line))
    typer.echo(f"lags are from {found.lag_blocks:,} of {found.blocks:,} blocks of parcels")


def _progress(done: int) -> None:
    if done % 100 == 0:
        typer.echo(f"{done:,} blocks", err=True)


@app.command("list")
def list_(season: SeasonName, as_json: AsJson = False) -> None:
    """List the imported sources, with days and bands of each card."""
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.series.store import listed

    with transaction(application="cbm series list") as connection:
        wanted = seasons.get(connection, season)
        found = [
            row._asdict() | {"records": int(row.records)} for row in listed(connection, wanted)
        ]
    if as_json:
        print_json(found)
    else:
        print_table(found)


@app.command()
def drop(
    season: SeasonName, name: Source, yes: Yes = False, dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Remove an imported source with all its series."""
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.series import store

    with transaction(application="cbm series drop") as connection:
        wanted = seasons.get(connection, season)
        records = int(store.get(connection, wanted, name).records)
        if not dry_run:
            if not yes:
                typer.confirm(f"Remove {records:,} records of {name}?", abort=True, err=True)
            store.drop(connection, wanted, name)
    if as_json:
        print_json({"source": name, "records": records, "dry_run": dry_run})
    else:
        typer.echo(f"{'would remove' if dry_run else 'removed'} {records:,} records of {name}")
