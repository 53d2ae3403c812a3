"""``cbm doctor``: check an installation, and say what to fix first."""

from __future__ import annotations

import typer

from dias_cbm.cli.options import AsJson
from dias_cbm.cli.printing import print_json


def doctor(
    as_json: AsJson = False,
) -> None:
    """Check an installation, and say what to fix first.

    Settings, database, catalogues, stores, engines, Airflow and mail get a line each, in the order
    in which to fix them. The exit code is 1 if anything is broken.
    """
    from dias_cbm.cli import findings
    from dias_cbm.installation.checks import examine
    from dias_cbm.installation.findings import State

    found = []
    for one in examine():
        found.append(one)
        if not as_json:
            typer.echo(findings.line(one))
    if as_json:
        print_json(findings.plain(found))
    if any(one.state is State.BROKEN for one in found):
        raise typer.Exit(1)
