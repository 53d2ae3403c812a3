"""``cbm doctor``: check an installation, in the order in which it must be mended."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Check settings, database, catalogues, stores, engines, Airflow and mail.

    One line each, the first to mend first. The exit code is 1 if anything is broken.
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
        typer.echo(json.dumps(findings.plain(found), indent=2))
    if any(one.state is State.BROKEN for one in found):
        raise typer.Exit(1)
