"""``cbm season``: detach, attach, dump, restore and drop a season."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dias_cbm.cli.options import AsJson, DryRun, Out, SeasonName, Yes
from dias_cbm.cli.printing import print_json
from dias_cbm.cli.season_text import line_of, plain_season


def detach(season: SeasonName, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Detach a season's signatures and means from the shared tables.

    The views no longer show them; `cbm season attach` puts them back.
    """
    _exchange(season, attached=True, dry_run=dry_run, as_json=as_json)


def attach(season: SeasonName, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Attach a season's detached signatures and means again."""
    _exchange(season, attached=False, dry_run=dry_run, as_json=as_json)


def _exchange(name: str, *, attached: bool, dry_run: bool, as_json: bool) -> None:
    from dias_cbm import archive, seasons
    from dias_cbm.db.connection import transaction

    verb = "detach" if attached else "attach"
    with transaction(application=f"cbm season {verb}") as connection:
        season = seasons.get(connection, name)
        if dry_run:
            every = archive.branches(connection, season)
            found = [branch for branch in every if branch.attached == attached]
        else:
            work = archive.detach if attached else archive.attach
            found = work(connection, season)
    if as_json:
        print_json([asdict(branch) for branch in found])
        return
    for branch in found:
        typer.echo(
            f"{'would ' if dry_run else ''}{verb} {branch.partition} ({branch.size / 1e6:,.1f} MB)"
        )
    if not found:
        typer.echo(f"nothing to {verb}")


def dump(season: SeasonName, out: Out, as_json: AsJson = False) -> None:
    """Write a whole season to a new folder, for `cbm season restore`."""
    from dias_cbm import archive, seasons
    from dias_cbm.db.connection import connect

    with connect(application="cbm season dump") as connection:
        tables = archive.dump(connection, seasons.get(connection, season), out)
    if as_json:
        print_json([asdict(table) for table in tables])
        return
    for table in tables:
        typer.echo(f"{table.file}: {table.rows:,} rows, {table.size / 1e6:,.1f} MB")


def restore(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Folder that `cbm season dump` wrote.")
    ],
    as_json: AsJson = False,
) -> None:
    """Restore a dumped season, all or nothing."""
    from dias_cbm import archive
    from dias_cbm.db.connection import transaction

    with transaction(application="cbm season restore") as connection:
        season = archive.restore(connection, folder)
    if as_json:
        print_json(plain_season(season))
    else:
        typer.echo(f"restored {line_of(season)}")


def drop(
    season: SeasonName, dry_run: DryRun = False, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Remove a season and all its results.

    Its scenes stay in the ledger.
    """
    from dias_cbm import archive, seasons
    from dias_cbm.archive.drop import contents
    from dias_cbm.db.connection import transaction

    if not (yes or dry_run):
        typer.confirm(
            f"Remove all of season {season}? Dump it first to be able to restore it",
            abort=True,
            err=True,
        )
    with transaction(application="cbm season drop") as connection:
        wanted = seasons.get(connection, season)
        found = contents(connection, wanted) if dry_run else archive.drop(connection, wanted)
    if as_json:
        print_json(asdict(found))
        return
    verb = "would drop" if dry_run else "dropped"
    for branch in found.partitions:
        typer.echo(f"{verb} {branch.partition} ({branch.size / 1e6:,.1f} MB)")
    for table, rows in found.rows.items():
        typer.echo(f"{verb} {rows:,} rows of {table}")
