"""The ``cbm`` command: ``cbm NOUN VERB``, each usable alone; docs/commands.md has the grammar.

Heavy libraries are imported inside the commands, and only the noun that was asked for is loaded, so
that ``cbm NOUN --help`` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from dias_cbm import __version__
from dias_cbm.cli import failures, streams

# Modules of this package, in the order of the help.
_COMMANDS = ("download", "extract", "init", "doctor")
_NOUNS = (
    "catalogue", "card", "db", "season", "parcels", "backfill", "gaps", "groups", "outliers",
    "markers", "peers", "quality", "rules", "series", "chips", "follow_up", "settings", "window",
    "weather",
)  # fmt: skip


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


def build(name: str | None = None) -> typer.Typer:
    """Build the command, with the nouns that other packages add.

    :param name: of the only noun or command that is wanted, which starts in half the time; with
        None, or if it is not one of ours, all of them are there.
    """
    from dias_cbm.cli import joined

    main = typer.Typer(
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # boxes break the paragraphs of a help, and logs
        help="CAP checks by monitoring on the Copernicus DIAS platforms.",
    )
    main.callback()(_options)
    wanted = [one for one in (*_COMMANDS, *_NOUNS) if one.replace("_", "-") == name]
    for one in wanted or (*_COMMANDS, *_NOUNS):
        module = import_module(f"dias_cbm.cli.{one}")
        if one in _COMMANDS:
            main.command()(getattr(module, one))
        else:
            main.add_typer(module.app)
    if not wanted:
        joined.add_to(main)
    return main


def app() -> None:
    """Entry point."""
    # Matrices are small here: threads of NumPy's library would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    streams.prepare()
    code = main(sys.argv[1:])
    if code in (failures.FAILED, failures.NO_READER):
        streams.discard_output()
    sys.exit(code)


def main(arguments: Sequence[str]) -> int:
    """Run one command; whatever is wrong is one line on standard error, never a traceback.

    :param arguments: of the command line, without ``cbm``.
    :returns: the exit code; docs/commands.md lists them.
    """
    from dias_cbm.cli.moved import find

    moved = find(arguments)
    if moved is not None:
        typer.echo(f"error: {moved}", err=True)
        return failures.MISUSED
    try:
        return _run(arguments)
    except (Exception, KeyboardInterrupt) as error:
        failed = failures.failure(error, arguments)
        if failed.message:
            typer.echo(f"error: {failed.message}", err=True)
        return failed.code


def _run(arguments: Sequence[str]) -> int:
    try:
        build(arguments[0] if arguments else None)(list(arguments))
    except SystemExit as ended:
        code = ended.code
    sys.stdout.flush()
    return code if isinstance(code, int) else failures.DONE
