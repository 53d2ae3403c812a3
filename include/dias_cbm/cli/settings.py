"""``cbm settings``: the settings in force, and where each value comes from."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated

import typer

from dias_cbm.cli.options import AsJson
from dias_cbm.cli.printing import print_json

if TYPE_CHECKING:
    from dias_cbm.config.report import Shown

app = typer.Typer(name="settings", no_args_is_help=True, help="The settings in force.")


@app.callback()
def _noun() -> None:
    """Keeps ``show`` a verb of its own while it is the only one."""


@app.command()
def show(
    changed: Annotated[
        bool, typer.Option("--changed", help="Only settings that are set in file or environment.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print every setting with its value and its origin.

    Secrets are hidden. Platforms in use are shown in full; of the others, only what is set.
    """
    from dataclasses import asdict

    from dias_cbm.config.report import in_force
    from dias_cbm.config.settings import reading

    found = list(in_force(reading(), changed=changed))
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        typer.echo(_text(found) or "every setting has its default")


def _text(found: Collection[Shown]) -> str:
    from dias_cbm.config.reference import shown

    rows = [(one.name, shown(one.value), one.place or one.origin) for one in found]
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    name, value = widths[0], min(widths[1], 40)
    return "\n".join(f"{row[0]:{name}}  {row[1]:{value}}  {row[2]}" for row in rows)
