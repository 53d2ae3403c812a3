"""``cbm groups``: groups of crops whose confusion is not an error."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dias_cbm.cli.options import AnySeason, AsJson, DryRun
from dias_cbm.cli.printing import print_json

if TYPE_CHECKING:
    from dias_cbm.outliers.groups import Grouping

app = typer.Typer(
    name="groups",
    no_args_is_help=True,
    help="Groups of crops; confusion inside one is not an error.",
)


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV with the columns crop and group.")
    ],
    only: Annotated[
        str | None,
        typer.Option("--only", metavar="SEASON", help="Season that these groups are for."),
    ] = None,
    crop_column: Annotated[
        str, typer.Option("--crop-column", help="Column with the declared crop.")
    ] = "crop",
    hcat_level: Annotated[
        int | None,
        typer.Option(
            "--hcat-level",
            min=3,
            max=6,
            help="Group by EuroCrops' HCAT codes: 3 arable crops, 4 cereals, 5 wheat.",
        ),
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Replace the crop groups of all seasons, or of one.

    Those of one season come before those of all seasons. With --hcat-level the file needs a
    column hcat3_code (or hcat2_code, hcat_code, ...) instead of group, as EuroCrops' files have it.
    """
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.outliers.group_table import import_groups
    from dias_cbm.outliers.groups import remark_on_alike

    with (
        transaction(application="cbm groups import") as connection,
        connection.transaction(force_rollback=dry_run),
    ):
        done = import_groups(
            connection,
            file,
            None if only is None else seasons.get(connection, only).id,
            crop_column=crop_column,
            hcat_level=hcat_level,
        )
    if as_json:
        print_json(dataclasses.asdict(done))
        return
    typer.echo(
        f"{'would put' if dry_run else 'put'} {done.crops} crops into {done.groups} groups;"
        f" {done.replaced} rows were replaced"
    )
    if done.without:
        typer.echo(f"crops without a group: {', '.join(done.without)}")
    for texts in done.alike:
        typer.echo(remark_on_alike(texts))


@app.command()
def show(season: AnySeason = None, as_json: AsJson = False) -> None:
    """Show the groups of the declared crops, and which crops do not fit."""
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.outliers.group_table import of_season

    with transaction(application="cbm groups show") as connection:
        chosen = (
            seasons.all_seasons(connection) if season is None else [seasons.get(connection, season)]
        )
        found = {one.name: of_season(connection, one.id) for one in chosen}
    if as_json:
        print_json([_plain(name, *one) for name, one in found.items()])
        return
    for name, (groups, parcels) in found.items():
        typer.echo(f"{name}: {len(parcels)} crops in {len(groups.names)} groups")
        for number, title in enumerate(groups.names):
            members = [
                f"{crop} {count}"
                for crop, count, of in zip(
                    parcels, parcels.values(), groups.group.tolist(), strict=True
                )
                if of == number
            ]
            typer.echo(f"  {title}: {', '.join(members)}")
        for remark in groups.remarks():
            typer.echo(remark)


def _plain(name: str, groups: Grouping, parcels: dict[str, int]) -> dict[str, object]:
    return {
        "season": name,
        "crops": [
            {"crop": crop, "group": groups.names[of], "parcels": count}
            for (crop, count), of in zip(parcels.items(), groups.group.tolist(), strict=True)
        ],
        "ungrouped": groups.ungrouped,
        "unknown": groups.unknown,
        "alike": groups.alike,
    }
