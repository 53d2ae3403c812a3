"""``cbm window``: the inspector's pages at an analyst's desk."""

from __future__ import annotations

from typing import Annotated

import typer

from dias_cbm.cli.options import Port

app = typer.Typer(name="window", no_args_is_help=True, help="Pages and API, without Airflow.")


@app.callback()
def _noun() -> None:
    """Keep the noun although it has a single verb."""


@app.command()
def serve(
    season: Annotated[
        list[str] | None,
        typer.Argument(metavar="SEASON", help="Show only these seasons; default: all."),
    ] = None,
    port: Port = None,
) -> None:
    """Serve the window on this machine until interrupted.

    At 127.0.0.1, port 8090 unless another is given; 0 takes any that is free. It prints an address
    with a token; whoever has it may read and decide. The first visit puts the
    token into a cookie. Nothing that it does needs Airflow, and nothing of Airflow can be started.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import connect
    from dias_cbm.window import desk

    with connect(application="cbm window") as connection:
        for name in season or ():
            seasons.get(connection, name)
    host = desk.Desk(season or ())
    own = desk.listen(desk.PORT if port is None else port)
    typer.echo(f"{desk.address(own, host)}\nopen this address in a browser; Ctrl-C ends")
    desk.serve(own, host)
