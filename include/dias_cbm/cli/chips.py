"""``cbm chips``: the image chips of one parcel, and cutting one."""

from __future__ import annotations

from typing import Annotated

import typer

from dias_cbm.cli.options import AsJson, BandSet, Out, SeasonName, one_of
from dias_cbm.cli.printing import print_json, print_table

app = typer.Typer(
    name="chips",
    no_args_is_help=True,
    help="Small pieces of products around one parcel.",
)

Pid = Annotated[str, typer.Argument(metavar="PID", help="Identifier of the parcel.")]


@app.command("list")
def list_(season: SeasonName, pid: Pid, as_json: AsJson = False) -> None:
    """List the dates of a parcel, and whether their products are held."""
    from dias_cbm import chips, seasons
    from dias_cbm.db.connection import transaction

    with transaction(application="cbm chips list") as connection:
        found = chips.dates(connection, seasons.get(connection, season), pid)
    rows = [
        {
            "scene": one.obsid,
            "at": one.at if as_json else f"{one.at:%Y-%m-%d %H:%M}",
            "card": one.card.value,
            "satellite": one.satellite,
            "orbit": one.orbit,
            "direction": one.direction,
            "tile": one.tile,
            "clear": one.clear_share if as_json else _share(one.clear_share),
            "held": one.held.value,
            "product": one.product,
            "why": one.why,
        }
        for one in found
    ]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(rows)
    else:
        typer.echo(f"{pid}: no scene has statistics of it yet")


def _share(share: float | None) -> str | None:
    return None if share is None else f"{share:.0%}"


@app.command()
def cut(
    season: SeasonName,
    pid: Pid,
    scene: Annotated[
        int,
        typer.Argument(
            metavar="SCENE", min=1, max=2**31 - 1, help="Number of the scene, as `list` shows it."
        ),
    ],
    out: Out,
    band_set: BandSet = None,
    size: Annotated[
        float | None,
        typer.Option("--size", help="Side in metres, up to 5120; default: fits, from 1280 on."),
    ] = None,
    clear_only: Annotated[
        bool, typer.Option("--clear-only", help="Leave out pixels that are not clear.")
    ] = False,
    partly: Annotated[
        bool, typer.Option("--partly", help="Also if only a part of the parcel is on it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Cut one chip into a .png, .webp or .tif file.

    Pictures of a band set have the same stretch on all dates; a .tif file has the stored numbers.
    The outline of the parcel is printed in pixels, and not drawn.
    """
    from dias_cbm import chips, seasons
    from dias_cbm.db.connection import compute_within, transaction
    from dias_cbm.whole_file import whole_file

    form = chips.Format(one_of(out, ".png", ".webp", ".tif").removeprefix("."))
    wish = chips.Wish(band_set, size, form, clear_only=clear_only, partly=partly)
    with transaction(application="cbm chips cut") as connection:
        compute_within(connection)
        chip = chips.cut(connection, seasons.get(connection, season), pid, scene, wish)
    with whole_file(out) as aside:
        aside.write_bytes(chip.image)
    if as_json:
        print_json({"file": out} | chip.about())
        return
    west, south, east, north = chip.bounds
    typer.echo(f"{out}: {chip.width} x {chip.height} pixels of {chip.pixel_m:g}, {chip.bands}")
    typer.echo(f"bounds: {west:.10g} {south:.10g} {east:.10g} {north:.10g} in {chip.crs}")
    typer.echo(f"data: {chip.data_share:.0%} of its pixels")
    typer.echo(f"outline: {chip.outline}")
    if not chip.whole:
        typer.echo("the parcel reaches beyond the chip")
