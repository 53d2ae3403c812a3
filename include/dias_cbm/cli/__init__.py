"""The ``cbm`` command: one sub-command per stage, each usable alone.

Heavy libraries are imported inside the commands, so that ``cbm --help`` answers at once.
"""

from __future__ import annotations

import sys

import typer

from dias_cbm import __version__
from dias_cbm.errors import CbmError

main = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="CAP checks by monitoring on the Copernicus DIAS platforms.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cbm {__version__}")
        raise typer.Exit


@main.callback()
def _options(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True),
) -> None:
    pass


def _add_commands() -> None:
    from dias_cbm.cli import (
        backfill,
        card,
        catalogue,
        db,
        download,
        export,
        extract,
        gaps,
        outliers,
        parcels,
        season,
    )
    from dias_cbm_lab.cli import demo, evidence

    for module in (db, season, parcels, catalogue, card, gaps, outliers, demo, evidence):
        main.add_typer(module.app)
    main.command("extract")(extract.extract)
    main.command("download")(download.download)
    main.command("export")(export.export)
    main.command("backfill")(backfill.backfill)


def app() -> None:
    """Entry point; a known error is one line on stderr and exit code 1, never a traceback."""
    _add_commands()
    try:
        main()
    except Exception as error:
        message = _explained(error)
        if message is None:
            raise
        typer.echo(f"error: {message}", err=True)
        sys.exit(1)


def _explained(error: Exception) -> str | None:
    """What to tell the user; None for a defect, whose traceback is wanted."""
    if isinstance(error, CbmError):
        return str(error)
    from psycopg import OperationalError
    from psycopg.errors import UndefinedColumn, UndefinedTable

    first_line = str(error).partition("\n")[0]
    if isinstance(error, (UndefinedTable, UndefinedColumn)):
        return f"the database is not up to date: {first_line} (cbm db migrate)"
    if isinstance(error, OperationalError):
        return f"the database cannot be used: {first_line} (see the setting database_url)"
    return None
