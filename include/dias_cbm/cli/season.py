"""``cbm season``: create, run, check and export the areas and years observed."""

from __future__ import annotations

import dataclasses
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from dias_cbm.cli.options import (
    Area,
    AsJson,
    CardNames,
    FirstDay,
    LastDay,
    Out,
    OutIfGiven,
    SeasonName,
    Seed,
    Workers,
    check_days,
    one_of,
    parse_day,
)
from dias_cbm.cli.printing import print_json
from dias_cbm.cli.proof import print_proof, prove
from dias_cbm.cli.season_average import average
from dias_cbm.cli.season_run import run
from dias_cbm.cli.season_storage import attach, detach, drop, dump, restore
from dias_cbm.cli.season_text import line_of, plain_season
from dias_cbm.scenes import Card
from dias_cbm.whole_file import whole_file

if TYPE_CHECKING:
    from pathlib import Path

    from dias_cbm.export import ExportReport

app = typer.Typer(name="season", no_args_is_help=True, help="The areas and years observed.")


@app.command()
def create(
    season: SeasonName,
    area: Area,
    first: FirstDay,
    last: LastDay,
    epoch: Annotated[
        date | None,
        typer.Option(parser=parse_day, metavar="DAY", help="Day of period 0; default: 1 January."),
    ] = None,
    step_days: Annotated[int, typer.Option(help="Length of a period in days.")] = 5,
    srid: Annotated[
        int, typer.Option(help="EPSG code to store parcels in; take the parcel file's.")
    ] = 3035,
    as_json: AsJson = False,
) -> None:
    """Create a season.

    `cbm parcels load` creates a missing season too, for the year in its name. How exactly a season
    keeps its statistics is chosen here, by the setting `extraction.precision`, and stays so.
    """
    from dias_cbm import seasons
    from dias_cbm.config.settings import settings
    from dias_cbm.db.connection import transaction
    from dias_cbm.geometry import parse_crs
    from dias_cbm.precision import Precision

    check_days(first, last)
    parse_crs(f"EPSG:{srid}")
    with transaction(application="cbm season create") as connection:
        made = seasons.create(
            connection,
            season,
            area,
            srid,
            first,
            last,
            epoch,
            step_days,
            precision=Precision(settings().extraction.precision),
        )
    if as_json:
        print_json(plain_season(made))
    else:
        typer.echo(f"created {line_of(made)}")


@app.command("list")
def list_seasons(as_json: AsJson = False) -> None:
    """List all seasons."""
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction

    with transaction(application="cbm season list") as connection:
        known = seasons.all_seasons(connection)
    if as_json:
        print_json([plain_season(season) for season in known])
        return
    for season in known:
        typer.echo(line_of(season))
    if not known:
        typer.echo("no seasons yet: `cbm parcels load` or `cbm season create`")


app.command()(run)
app.command()(average)


@app.command()
def area(season: SeasonName, out: OutIfGiven = None, as_json: AsJson = False) -> None:
    """Print a season's area as WKT, or write it to a GeoJSON file.

    Other commands accept either as --area.
    """
    import json

    import shapely

    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction

    if out is not None:
        one_of(out, ".geojson", ".json")
    with transaction(application="cbm season area") as connection:
        shape = seasons.get(connection, season).area
    if out is not None:
        with whole_file(out) as aside:
            aside.write_text(shapely.to_geojson(shape), encoding="utf-8")
    if as_json:
        print_json(json.loads(shapely.to_geojson(shape)))
    else:
        typer.echo(shape.wkt if out is None else str(out))


@app.command()
def status(
    season: SeasonName,
    thorough: Annotated[
        bool, typer.Option("--thorough", help="Count the records of all blocks anew.")
    ] = False,
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Show how far a season is, and whether it is proven finished.

    Ledger and blocks are compared by what the ledger kept as the blocks were written, and by a
    sample of blocks that is counted anew; the output says how large it was and what it may have
    missed. The exit code is 0 only if the season is proven.
    """
    found = prove(season, seed, thorough=thorough)
    if as_json:
        print_json(dataclasses.asdict(found) | {"proven": found.holds})
    else:
        print_proof(found)
    if not found.holds:
        raise typer.Exit(1)


@app.command()
def calendar(season: SeasonName, out: Out, as_json: AsJson = False) -> None:
    """Draw a calendar of a season's passes: a .png or .html file.

    It shows dates by relative orbits, coloured by what became of each pass.
    """
    from dias_cbm import seasons
    from dias_cbm.completeness import gaps
    from dias_cbm.db.connection import transaction
    from dias_cbm.notices import calendar as drawing

    suffix = one_of(out, ".png", ".html")
    with transaction(application="cbm season calendar") as connection:
        wanted = seasons.get(connection, season)
        gaps.refresh(connection, wanted)
        found = drawing.gather(connection, wanted)
    with whole_file(out) as aside:
        if suffix == ".png":
            aside.write_bytes(drawing.as_png(found))
        else:
            aside.write_text(drawing.as_html(found), encoding="utf-8")
    if as_json:
        print_json({"file": out, "summary": found.summary()})
    else:
        typer.echo(found.summary())


@app.command()
def export(
    season: SeasonName,
    out: Out,
    what: Annotated[
        list[str] | None,
        typer.Option(help="Means, outliers, parcels or signatures; may be repeated; default: all."),
    ] = None,
    card: CardNames = None,
    workers: Workers = 2,
    as_json: AsJson = False,
) -> None:
    """Write a season to Parquet files.

    There are files with signatures per card and month, means per card, parcels, and outliers. A
    second run replaces the files of the first. manifest.json has the number of rows of each file.
    """
    from dias_cbm.db.connection import connect
    from dias_cbm.export import What
    from dias_cbm.export import export as write

    known = {one.value: one for one in What}
    for name in what or ():
        if name not in known:
            raise typer.BadParameter(f"{name} is not one of {', '.join(known)}")
    wanted = [known[name] for name in what] if what else list(What)
    with connect(application="cbm season export") as connection:
        report = write(connection, season, out, wanted, card or list(Card), workers=workers)
    if as_json:
        print_json(asdict(report))
    else:
        typer.echo("\n".join(_files(report, out)))


def _files(report: ExportReport, folder: Path) -> list[str]:
    lines = [f"{folder / file.name}: {file.rows:,} rows" for file in report.files]
    lines += [f"removed {folder / name}: no rows are left for it" for name in report.removed]
    if report.empty:
        lines.append(f"nothing to write: {', '.join(report.empty)}")
    lines += [
        f"{card}: the extractions counted {report.ledger[card]:,} records,"
        f" the files hold {sum(f.records or 0 for f in report.files if f.card == card):,}"
        for card in report.different
    ]
    rows = sum(file.rows for file in report.files)
    return [*lines, f"{rows:,} rows in {report.seconds:.1f} s"]


for _verb in (detach, attach, dump, restore, drop):
    app.command()(_verb)
