"""The ``cbm`` command: ``cbm NOUN VERB``, each usable alone; docs/commands.md has the grammar.

Heavy libraries are imported inside the commands, so that ``cbm --help`` answers at once.
"""

from __future__ import annotations

import sys

import typer

from dias_cbm import __version__
from dias_cbm.errors import CbmError
from dias_cbm.extras import missing_extra


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cbm {__version__}")
        raise typer.Exit


def _options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    pass


def build() -> typer.Typer:
    """Build the command, with the nouns that other packages add."""
    from dias_cbm.cli import (
        backfill,
        card,
        catalogue,
        db,
        doctor,
        download,
        extract,
        gaps,
        init,
        joined,
        markers,
        outliers,
        parcels,
        rules,
        season,
        settings,
    )

    main = typer.Typer(
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # boxes break the paragraphs of a help, and logs
        help="CAP checks by monitoring on the Copernicus DIAS platforms.",
    )
    main.callback()(_options)
    main.command()(download.download)
    main.command()(extract.extract)
    main.command()(init.init)
    main.command()(doctor.doctor)
    for module in (
        catalogue,
        card,
        db,
        season,
        parcels,
        backfill,
        gaps,
        outliers,
        markers,
        rules,
        settings,
    ):
        main.add_typer(module.app)
    joined.add_to(main)
    return main


def app() -> None:
    """Entry point; a known error is one line on stderr and exit code 1, never a traceback."""
    from dias_cbm.cli.moved import find

    moved = find(sys.argv[1:])
    if moved is not None:
        typer.echo(f"error: {moved}", err=True)
        sys.exit(2)
    try:
        build()()
    except Exception as error:
        message = explained(error)
        if message is None:
            raise
        typer.echo(f"error: {message}", err=True)
        sys.exit(1)


def explained(error: Exception) -> str | None:
    """The message for the user; None for a defect, which shows its traceback."""
    if isinstance(error, CbmError):
        return str(error)
    extra = missing_extra(error)
    if extra is not None:
        return f"this needs dias-cbm[{extra}]: {error}"
    return _of_database(error) if "psycopg" in sys.modules else None


def _of_database(error: Exception) -> str | None:
    from psycopg import OperationalError
    from psycopg.errors import UndefinedColumn, UndefinedTable

    first_line = str(error).partition("\n")[0]
    if isinstance(error, (UndefinedTable, UndefinedColumn)):
        return f"the database is not up to date: {first_line} (cbm db migrate)"
    if isinstance(error, OperationalError):
        return f"the database cannot be used: {first_line} (see the setting database.url)"
    return None
