"""The ``cbm`` command: one sub-command per stage, each usable alone.

Heavy libraries are imported inside the commands, so that ``cbm --help`` answers at once.
"""

from __future__ import annotations

import sys

import typer

from cbm import __version__
from cbm.errors import CbmError

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
    from cbm.cli import catalogue, db, demo, extract, gaps, outliers, parcels, season

    for module in (db, season, parcels, catalogue, gaps, outliers, demo):
        main.add_typer(module.app)
    main.command("extract")(extract.extract)


def app() -> None:
    """Entry point; a known error is one line on stderr and exit code 1, never a traceback."""
    _add_commands()
    try:
        main()
    except CbmError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
