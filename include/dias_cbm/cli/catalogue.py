"""``cbm catalogue``: search a platform, fill the ledger, list the platforms."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dias_cbm.scenes import KIND_OF_CARD, SOURCE_OF_CARD, Card, Kind

if TYPE_CHECKING:
    from shapely import MultiPolygon

    from dias_cbm.catalogue.base import Page, Query
    from dias_cbm.catalogue.deletions import DeletionReport
    from dias_cbm.catalogue.sync import SyncReport
    from dias_cbm.scenes import Scene
    from dias_cbm.seasons import Season

app = typer.Typer(name="catalogue", help="Search a platform; enter what it lists into the ledger.")

DAY = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
Cards = Annotated[
    list[Card] | None, typer.Option("--card", help="CARD product; may be repeated; all if left out")
]


@app.command()
def search(
    area: Annotated[Path, typer.Option("--aoi", help="polygons in anything OGR reads")],
    start: Annotated[datetime, typer.Option("--from", formats=DAY, help="sensed since, UTC")],
    end: Annotated[datetime, typer.Option("--to", formats=DAY, help="sensed before, UTC")],
    card: Cards = None,
    platform: Annotated[str, typer.Option(help="instead of the setting")] = "",
    base_url: Annotated[str | None, typer.Option(help="of the platform's catalogue")] = None,
    level1: Annotated[bool, typer.Option(help="the acquisitions instead of CARD products")] = False,
    limit: Annotated[int, typer.Option(min=1, help="stop after so many scenes")] = 100_000,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """List what a platform holds over an area; needs no account and no database."""
    from dias_cbm.catalogue import Query, open_catalogue
    from dias_cbm.config.settings import settings

    platform = platform or settings().platform
    source = SOURCE_OF_CARD if level1 else KIND_OF_CARD
    kinds = tuple(dict.fromkeys(source[one] for one in card or Card))
    query = Query(kinds, _area(area), start.replace(tzinfo=UTC), end.replace(tzinfo=UTC))
    pages: list[Page] = []
    scenes = 0
    with closing(open_catalogue(platform, base_url)) as catalogue:
        for page in catalogue.search(query):
            pages.append(page)
            scenes += len(page.scenes)
            typer.echo(f"\r{platform}: {scenes} scenes", nl=False, err=True)
            if scenes >= limit:
                break
    typer.echo(err=True)
    found = [scene for page in pages for scene in page.scenes]
    _show(found[:limit], as_json)
    _tell_the_rest(pages, cut=scenes >= limit)


@app.command()
def sync(
    season: Annotated[str, typer.Option(help="name of the season")],
    card: Cards = None,
    start: Annotated[
        datetime | None, typer.Option("--from", formats=DAY, help="instead of the season's days")
    ] = None,
    end: Annotated[
        datetime | None, typer.Option("--to", formats=DAY, help="instead of the season's days")
    ] = None,
    platform: Annotated[
        str, typer.Option(help="instead of the settings platform and search_also")
    ] = "",
    new_only: Annotated[
        bool, typer.Option("--new", help="what was published since the last time, of any age")
    ] = False,
    sweep: Annotated[
        bool,
        typer.Option("--sweep", help="the last 60 days by sensing time, and what was deleted"),
    ] = False,
    second_source: Annotated[
        str,
        typer.Option(
            help="CARD products that the catalogue lacks, from the store or the address of daily"
            " CSV lists; else the platform's setting"
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """Enter CARD products and their acquisitions into the ledger; safe to run again."""
    from dias_cbm import seasons
    from dias_cbm.catalogue import deletions, supplementary_source
    from dias_cbm.catalogue import sync as sync_module
    from dias_cbm.catalogue.sync import SyncReport
    from dias_cbm.config.settings import settings
    from dias_cbm.db.connection import connect
    from dias_cbm.errors import CatalogueError, StoreError

    if (new_only or sweep) and (start or end):
        raise typer.BadParameter("--new and --sweep choose the days: leave out --from and --to")
    if (new_only or sweep) and second_source:
        raise typer.BadParameter("the second source is asked by days: without --new and --sweep")
    if new_only and sweep:
        raise typer.BadParameter("either --new or --sweep")
    report, told = SyncReport(), deletions.DeletionReport()
    silent: list[str] = []
    kinds = kinds_of(card or list(Card))
    with connect(application="cbm catalogue sync") as connection:
        wanted = seasons.get(connection, season)
        window = _days(wanted, start, end)
        for name in [platform] if platform else settings().search_chain():
            try:
                if new_only:
                    report += sync_module.poll(connection, wanted, kinds, name)
                elif sweep:
                    report += sync_module.sweep(connection, wanted, kinds, name)
                    told += deletions.apply(connection, wanted, name)
                else:
                    report += sync_module.sync(connection, wanted, kinds, *window, platform=name)
                    report += supplementary_source.sync(
                        connection, wanted, kinds, *window, platform=name, address=second_source
                    )
            except (CatalogueError, StoreError) as error:
                # The other platforms are asked all the same.
                connection.rollback()
                typer.echo(f"error: {name}: {error}", err=True)
                silent.append(name)
    _tell_sync(report, told, sweep=sweep, as_json=as_json)
    if silent:
        raise typer.Exit(1)


def _tell_sync(report: SyncReport, told: DeletionReport, *, sweep: bool, as_json: bool) -> None:
    """What a synchronisation did, of all platforms together."""
    from dataclasses import asdict

    if as_json:
        typer.echo(json.dumps(asdict(report) | {"deletions": asdict(told)}))
        return
    typer.echo(
        f"found {report.found}: {report.new} new, {report.changed} published again,"
        f" {report.superseded} superseded, {report.quarantined} quarantined"
    )
    typer.echo(f"waiting for work: {len(report.ready_ids)}; skipped: {report.skipped}")
    if sweep:
        typer.echo(
            f"deleted by the platform: {told.failed} not to be had any more,"
            f" {told.noted} with signatures, which stay"
        )


def _days(
    season: Season, start: datetime | None, end: datetime | None
) -> tuple[datetime, datetime]:
    """The window to synchronise: the season's days, where nothing else is asked for."""
    from datetime import time, timedelta

    first = start or datetime.combine(season.starts, time())
    last = end or datetime.combine(season.ends, time()) + timedelta(days=1)
    return first.replace(tzinfo=UTC), last.replace(tzinfo=UTC)


@app.command()
def platforms(
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """List the platforms that are supported, live or closed, and what their catalogues can do."""
    from dias_cbm.catalogue.protocols import capabilities
    from dias_cbm.config.settings import settings
    from dias_cbm.transport.http import public

    configured = sorted(settings().platforms.items())
    able = {name: capabilities(service.protocol) for name, service in configured}
    rows = [
        {
            "platform": name,
            "state": "closed" if service.closed else "live",
            "protocol": service.protocol,
            "catalogue": public(service.catalogue_url) if service.catalogue_url else "",
            "store": service.store,
            "second_source": service.second_source,
            "by_publication": able[name].published_filter,
            "deletions": able[name].deletions,
            "orders": able[name].orders,
            "page": able[name].largest_page,
            "offset": able[name].largest_offset,
        }
        for name, service in configured
    ]
    _table(rows, as_json)


@app.command()
def compare(
    first: Annotated[str, typer.Argument(help="a platform")],
    second: Annotated[str, typer.Argument(help="another one")],
    start: Annotated[datetime, typer.Option("--from", formats=DAY, help="sensed since, UTC")],
    end: Annotated[datetime, typer.Option("--to", formats=DAY, help="sensed before, UTC")],
    area: Annotated[
        Path | None, typer.Option("--aoi", help="polygons in anything OGR reads")
    ] = None,
    season: Annotated[str, typer.Option(help="the area of this season instead")] = "",
    card: Cards = None,
    level1: Annotated[bool, typer.Option(help="the acquisitions instead of CARD products")] = False,
    first_url: Annotated[str | None, typer.Option(help="of the first catalogue")] = None,
    second_url: Annotated[str | None, typer.Option(help="of the second catalogue")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
) -> None:
    """Show what one platform has and the other lacks, by product name."""
    from dias_cbm.catalogue import Query
    from dias_cbm.catalogue import compare as comparing

    if (area is None) == (not season):
        raise typer.BadParameter("give either --aoi or --season")
    place = _season_area(season) if area is None else _area(area)
    source = SOURCE_OF_CARD if level1 else KIND_OF_CARD
    kinds = tuple(dict.fromkeys(source[one] for one in card or Card))
    query = Query(kinds, place, start.replace(tzinfo=UTC), end.replace(tzinfo=UTC))
    found = comparing.compare(_all(first, first_url, query), _all(second, second_url, query))
    if as_json:
        lists = {"only_first": found.only_first, "only_second": found.only_second}
        rows = {key: [_row(scene) for scene in scenes] for key, scenes in lists.items()}
        typer.echo(json.dumps({"first": first, "second": second, "both": len(found.both)} | rows))
        return
    typer.echo(f"on both: {len(found.both)}")
    for platform, scenes in ((first, found.only_first), (second, found.only_second)):
        typer.echo(f"on {platform} only: {len(scenes)}")
        for scene in scenes:
            typer.echo(f"  {scene.name}")


def _all(platform: str, base_url: str | None, query: Query) -> list[Scene]:
    """Every scene of a platform, the quarantined ones too: it has them."""
    from dias_cbm.catalogue import open_catalogue

    with closing(open_catalogue(platform, base_url)) as catalogue:
        pages = list(catalogue.search(query))
    found = [scene for page in pages for scene in page.scenes]
    return found + [entry.scene for page in pages for entry in page.quarantined]


def _season_area(name: str) -> MultiPolygon:
    from dias_cbm import seasons
    from dias_cbm.db.connection import connect

    with connect(application="cbm catalogue compare") as connection:
        return seasons.get(connection, name).area


def kinds_of(cards: list[Card]) -> list[Kind]:
    """CARD kinds with the level-1 kinds that they are made from, each once."""
    both = [kind for card in cards for kind in (SOURCE_OF_CARD[card], KIND_OF_CARD[card])]
    return list(dict.fromkeys(both))


def _area(file: Path) -> MultiPolygon:
    """The polygons of a file as one, in EPSG:4326."""
    import shapely

    from dias_cbm.errors import BadQuery
    from dias_cbm.geometry import read_vector

    shapes = read_vector(file, columns=[]).to_crs(4326).geometry
    merged = shapely.union_all(shapely.make_valid(shapes[shapes.notna()].to_numpy()))
    parts = [part for part in shapely.get_parts(merged) if part.geom_type == "Polygon"]
    if not parts:
        raise BadQuery("holds no polygon", subject=file)
    return shapely.MultiPolygon(parts)


def _show(scenes: list[Scene], as_json: bool) -> None:
    rows = [_row(scene) for scene in scenes]
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    shown = ("name", "sensed", "published", "orbit", "direction", "tile", "size_mb")
    table = [{key: row[key] for key in shown} for row in rows]
    for row in table:
        row |= {key: f"{row[key]:.19}Z" for key in ("sensed", "published") if row[key]}
    _table(table, as_json=False)


def _row(scene: Scene) -> dict[str, Any]:
    from shapely.geometry import mapping

    return {
        "platform": scene.platform,
        "id": scene.product_id,
        "name": scene.name,
        "kind": scene.kind,
        "satellite": scene.satellite,
        "sensed": scene.start.isoformat(),
        "ends": scene.end.isoformat(),
        "published": scene.published and scene.published.isoformat(),
        "orbit": scene.rel_orbit,
        "absolute_orbit": scene.abs_orbit,
        "direction": scene.direction,
        "datatake": scene.datatake,
        "slice": scene.slice,
        "tile": scene.tile,
        "baseline": scene.baseline,
        "timeliness": scene.timeliness,
        "location": scene.location,
        "online": scene.online,
        "size_mb": scene.size and round(scene.size / 1e6, 1),
        "size": scene.size,
        "checksum": scene.checksum,
        "footprint": scene.footprint and mapping(scene.footprint),
    }


def _table(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    if not rows:
        return
    cells = [list(rows[0]), *(["" if v is None else str(v) for v in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for line in cells:
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(padded).rstrip())


def _tell_the_rest(pages: list[Page], *, cut: bool) -> None:
    """What is not in the list, and why, on stderr."""
    for page in pages:
        for entry in page.quarantined:
            typer.echo(f"quarantined: {entry.name}: {entry.reason}", err=True)
    skipped = sum(len(page.skipped) for page in pages)
    if skipped:
        typer.echo(f"skipped: {skipped} entries of other product types", err=True)
    if cut:
        typer.echo("stopped at --limit; there may be more", err=True)
