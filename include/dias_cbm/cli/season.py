"""``cbm season``: the areas and years that are observed."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from dias_cbm.completeness.proof import Proof
    from dias_cbm.seasons import Season

#: Failing items of a check that are printed at most.
MOST_ITEMS = 20

app = typer.Typer(name="season", no_args_is_help=True, help="The areas and years observed.")

AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="For example dk-2018.")],
    area: Annotated[Path, typer.Option("--area", help="File with its polygons, any CRS.")],
    starts: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day of observation.")
    ],
    ends: Annotated[
        datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, included.")
    ],
    epoch: Annotated[
        datetime | None,
        typer.Option("--epoch", formats=["%Y-%m-%d"], help="Day of period 0; default 1 January."),
    ] = None,
    step_days: Annotated[int, typer.Option("--step-days", help="Length of a period.")] = 5,
    srid: Annotated[
        int, typer.Option("--srid", help="EPSG code that parcels are kept in: the parcel file's.")
    ] = 3035,
    as_json: AsJson = False,
) -> None:
    """Create a season; `cbm parcels load` does so by itself where the year says enough."""
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction
    from dias_cbm.geometry import parse_crs, read_area

    parse_crs(f"EPSG:{srid}")
    with transaction(application="cbm season create") as connection:
        season = seasons.create(
            connection,
            name,
            read_area(area),
            srid,
            starts.date(),
            ends.date(),
            epoch.date() if epoch else None,
            step_days,
        )
    typer.echo(json.dumps(_plain(season)) if as_json else f"created {_line(season)}")


@app.command("list")
def list_seasons(as_json: AsJson = False) -> None:
    """List all seasons."""
    from dias_cbm import seasons
    from dias_cbm.db.connection import transaction

    with transaction(application="cbm season list") as connection:
        known = seasons.all_seasons(connection)
    if as_json:
        typer.echo(json.dumps([_plain(season) for season in known], indent=2))
        return
    for season in known:
        typer.echo(_line(season))
    if not known:
        typer.echo("no seasons yet: `cbm parcels load` or `cbm season create`")


@app.command()
def status(
    name: Annotated[str, typer.Argument(help="Name of the season.")], as_json: AsJson = False
) -> None:
    """Say how far a season is, and prove that it is finished: only then the exit code is 0."""
    if not prove_season(name, as_json=as_json):
        raise typer.Exit(1)


def prove_season(name: str, *, as_json: bool = False) -> bool:
    """Bring a season's gaps up to date, print how far it is, and say whether it is finished."""
    from dias_cbm import seasons
    from dias_cbm.completeness import gaps, proof
    from dias_cbm.db.connection import transaction

    with transaction(application="cbm season status") as connection:
        season = seasons.get(connection, name)
        gaps.refresh(connection, season)
        found = proof.prove(connection, season)
    if as_json:
        plain = dataclasses.asdict(found) | {"proven": found.holds}
        typer.echo(json.dumps(plain, default=str))
    else:
        for line in _proof_lines(found):
            typer.echo(line)
    return found.holds


@app.command()
def calendar(
    name: Annotated[str, typer.Argument(help="Name of the season.")],
    png: Annotated[Path | None, typer.Option(help="Write the picture here.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the table here.")] = None,
) -> None:
    """Paint date x relative orbit, coloured by what became of each pass."""
    from dias_cbm import seasons
    from dias_cbm.completeness import gaps
    from dias_cbm.db.connection import transaction
    from dias_cbm.notices import calendar as painting

    if png is None and html is None:
        raise typer.BadParameter("give --png, --html or both")
    with transaction(application="cbm season calendar") as connection:
        season = seasons.get(connection, name)
        gaps.refresh(connection, season)
        found = painting.gather(connection, season)
    if png is not None:
        png.write_bytes(painting.as_png(found))
    if html is not None:
        html.write_text(painting.as_html(found), encoding="utf-8")
    typer.echo(found.summary())


def _proof_lines(found: Proof) -> list[str]:
    columns = (
        "expected", "found", "cloudy", "confirmed", "open", "not_planned", "not_run",
        "extracted", "superseded", "failed",
    )  # fmt: skip
    header = "".join(f"{name.replace('_', ' '):>12}" for name in columns)
    lines = [f"season {found.season}: passes per tile, then scenes", f"card month  {header}"]
    for month in found.months:
        numbers = "".join(f"{getattr(month, name):>12}" for name in columns)
        lines.append(f"{month.card:<4} {month.month:%Y-%m}{numbers}")
    lines += [
        f"{records.card}: {records.ledger} records in the ledger, {records.blocks} in blocks;"
        f" of the parcels under its scenes {records.valued} have a value, {records.blank} no"
        f" valid pixel, {records.outside} lie outside of the product"
        for records in found.records
    ]
    for check, items in found.failing.items():
        lines.append(f"{'NO ' if items else 'yes'} {check}")
        lines += [f"      {item}" for item in items[:MOST_ITEMS]]
        if len(items) > MOST_ITEMS:
            lines.append(f"      ... and {len(items) - MOST_ITEMS} more (--json lists all)")
    lines.append("PROVEN: finished" if found.holds else "NOT finished")
    return lines


def _line(season: Season) -> str:
    west, south, east, north = season.area.bounds
    return (
        f"{season.name}: {season.starts} to {season.ends}, periods of {season.step_days} days from"
        f" {season.epoch}, EPSG:{season.srid},"
        f" {west:.2f}..{east:.2f} E {south:.2f}..{north:.2f} N"
    )


def _plain(season: Season) -> dict[str, Any]:
    return {
        "id": season.id,
        "name": season.name,
        "bounds": season.area.bounds,
        "srid": season.srid,
        "epoch": season.epoch.isoformat(),
        "starts": season.starts.isoformat(),
        "ends": season.ends.isoformat(),
        "step_days": season.step_days,
        "area_from_parcels": season.area_from_parcels,
    }


DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Name = Annotated[str, typer.Argument(help="Name of the season, e.g. dk-2018.")]


@app.command()
def detach(name: Name, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Take a season's signatures and means out of the shared tables and the views."""
    _exchange(name, attached=True, dry_run=dry_run, as_json=as_json)


@app.command()
def attach(name: Name, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Put the detached signatures and means of a season back."""
    _exchange(name, attached=False, dry_run=dry_run, as_json=as_json)


def _exchange(name: str, *, attached: bool, dry_run: bool, as_json: bool) -> None:
    from dias_cbm import archive, seasons
    from dias_cbm.db.connection import transaction

    verb = "detach" if attached else "attach"
    with transaction(application=f"cbm season {verb}") as connection:
        season = seasons.get(connection, name)
        if dry_run:
            every = archive.branches(connection, season)
            found = [branch for branch in every if branch.attached == attached]
        else:
            work = archive.detach if attached else archive.attach
            found = work(connection, season)
    if as_json:
        typer.echo(json.dumps([asdict(branch) for branch in found]))
        return
    for branch in found:
        typer.echo(
            f"{'would ' if dry_run else ''}{verb} {branch.partition} ({branch.size / 1e6:,.1f} MB)"
        )
    if not found:
        typer.echo(f"nothing to {verb}")


@app.command()
def dump(
    name: Name,
    folder: Annotated[Path, typer.Option("--to", help="New folder for the files.")],
    as_json: AsJson = False,
) -> None:
    """Write all of a season into a folder, from which `cbm season restore` brings it back."""
    from dias_cbm import archive, seasons
    from dias_cbm.db.connection import connect

    with connect(application="cbm season dump") as connection:
        tables = archive.dump(connection, seasons.get(connection, name), folder)
    if as_json:
        typer.echo(json.dumps([asdict(table) for table in tables]))
        return
    for table in tables:
        typer.echo(f"{table.file}: {table.rows:,} rows, {table.size / 1e6:,.1f} MB")


@app.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="Written by `cbm season dump`.")],
    as_json: AsJson = False,
) -> None:
    """Bring a dumped season back, all or nothing."""
    from dias_cbm import archive
    from dias_cbm.db.connection import transaction

    with transaction(application="cbm season restore") as connection:
        season = archive.restore(connection, folder)
    typer.echo(json.dumps(_plain(season)) if as_json else f"restored {_line(season)}")


@app.command()
def drop(
    name: Name,
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove a season and all that was made for it; its scenes stay in the ledger."""
    from dias_cbm import archive, seasons
    from dias_cbm.archive.drop import contents
    from dias_cbm.db.connection import transaction

    if not (yes or dry_run):
        typer.confirm(
            f"Remove all of season {name}? Dump it first to be able to restore it", abort=True
        )
    with transaction(application="cbm season drop") as connection:
        season = seasons.get(connection, name)
        found = contents(connection, season) if dry_run else archive.drop(connection, season)
    if as_json:
        typer.echo(json.dumps(asdict(found)))
        return
    verb = "would drop" if dry_run else "dropped"
    for branch in found.partitions:
        typer.echo(f"{verb} {branch.partition} ({branch.size / 1e6:,.1f} MB)")
    for table, rows in found.rows.items():
        typer.echo(f"{verb} {rows:,} rows of {table}")
