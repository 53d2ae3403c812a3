"""``cbm catalogue``: search platforms, compare them, and record their scenes in the ledger."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from dias_cbm.cli.catalogue_scenes import plain_scene, print_left_out, print_scenes
from dias_cbm.cli.options import (
    Area,
    AsJson,
    CardNames,
    FirstDay,
    FirstDayIfGiven,
    LastDay,
    LastDayIfGiven,
    Level1,
    Limit,
    PlatformName,
    SeasonName,
    days_of,
    window,
)
from dias_cbm.cli.printing import print_json, print_table
from dias_cbm.scenes import KIND_OF_CARD, SOURCE_OF_CARD, Card, Kind

if TYPE_CHECKING:
    from dias_cbm.catalogue.base import Page, Query
    from dias_cbm.catalogue.deletions import DeletionReport
    from dias_cbm.catalogue.sync import SyncReport
    from dias_cbm.scenes import Scene

app = typer.Typer(
    name="catalogue",
    no_args_is_help=True,
    help="Search a platform, and record its scenes in the ledger.",
)


@app.command()
def search(
    area: Area,
    first: FirstDay,
    last: LastDay,
    card: CardNames = None,
    platform: PlatformName = None,
    base_url: Annotated[
        str | None, typer.Option(help="Address of its catalogue; default: from the settings.")
    ] = None,
    level1: Level1 = False,
    limit: Limit = 100_000,
    as_json: AsJson = False,
) -> None:
    """List the products of a platform over an area.

    This needs no account and no database.
    """
    from dias_cbm.catalogue import Query, open_catalogue
    from dias_cbm.config.settings import settings

    platform = platform or settings().platform
    query = Query(_kinds(card, level1=level1), area, *window(first, last))
    pages: list[Page] = []
    scenes = 0
    try:
        with closing(open_catalogue(platform, base_url)) as catalogue:
            for page in catalogue.search(query):
                pages.append(page)
                scenes += len(page.scenes)
                typer.echo(f"\r{platform}: {scenes} scenes", nl=False, err=True)
                if scenes >= limit:
                    break
    finally:
        # An error stands in a line of its own.
        if pages:
            typer.echo(err=True)
    found = [scene for page in pages for scene in page.scenes]
    print_scenes(found[:limit], as_json=as_json)
    print_left_out(pages, cut=scenes >= limit)


@app.command()
def sync(
    season: SeasonName,
    card: CardNames = None,
    first: FirstDayIfGiven = None,
    last: LastDayIfGiven = None,
    platform: PlatformName = None,
    new_only: Annotated[
        bool, typer.Option("--new", help="Search what was published since the last search.")
    ] = False,
    sweep: Annotated[
        bool,
        typer.Option("--sweep", help="Search the last 60 days of sensing, and for deletions."),
    ] = False,
    second_source: Annotated[
        str,
        typer.Option(
            help="Source of CARD products that the catalogue lacks: store, or the address of daily"
            " CSV lists; default: the platform's setting."
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Record CARD products and their acquisitions in the ledger.

    Without --from and --to the whole season is searched. It is safe to run again.
    """
    from dias_cbm import seasons
    from dias_cbm.catalogue import deletions, supplementary_source
    from dias_cbm.catalogue import sync as sync_module
    from dias_cbm.catalogue.sync import SyncReport
    from dias_cbm.config.settings import settings
    from dias_cbm.db.connection import connect
    from dias_cbm.errors import CatalogueError, StoreError

    if (new_only or sweep) and (first or last):
        raise typer.BadParameter("--new and --sweep choose the days; leave out --from and --to")
    if (new_only or sweep) and second_source:
        raise typer.BadParameter("--second-source searches days; leave out --new and --sweep")
    if new_only and sweep:
        raise typer.BadParameter("use either --new or --sweep, not both")
    report, deleted = SyncReport(), deletions.DeletionReport()
    silent: list[str] = []
    kinds = _with_sources(card or list(Card))
    with connect(application="cbm catalogue sync") as connection:
        wanted = seasons.get(connection, season)
        days = window(*days_of(wanted, first, last))
        for name in [platform] if platform else settings().search_chain():
            try:
                if new_only:
                    report += sync_module.poll(connection, wanted, kinds, name)
                elif sweep:
                    report += sync_module.sweep(connection, wanted, kinds, name)
                    deleted += deletions.apply(connection, wanted, name)
                else:
                    report += sync_module.sync(connection, wanted, kinds, *days, platform=name)
                    report += supplementary_source.sync(
                        connection, wanted, kinds, *days, platform=name, address=second_source
                    )
            except (CatalogueError, StoreError) as error:
                # The other platforms are searched all the same.
                connection.rollback()
                typer.echo(f"error: {name}: {error}", err=True)
                silent.append(name)
    _print_sync(report, deleted, sweep=sweep, as_json=as_json)
    if silent:
        raise typer.Exit(1)


def _print_sync(report: SyncReport, deleted: DeletionReport, *, sweep: bool, as_json: bool) -> None:
    """Print what a synchronisation did, for all platforms together."""
    from dataclasses import asdict

    if as_json:
        print_json(asdict(report) | {"deletions": asdict(deleted)})
        return
    typer.echo(
        f"found {report.found}: {report.new} new, {report.changed} published again,"
        f" {report.superseded} superseded, {report.quarantined} quarantined"
    )
    typer.echo(f"ready to process: {len(report.ready_ids)}; skipped: {report.skipped}")
    if sweep:
        typer.echo(
            f"deleted by the platform: {deleted.failed} no longer available,"
            f" {deleted.noted} already extracted, whose signatures stay"
        )


@app.command()
def platforms(as_json: AsJson = False) -> None:
    """List the supported platforms, and what their catalogues can do."""
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
            "orders": bool(service.order_url),
            "page": able[name].largest_page,
            "offset": able[name].largest_offset,
        }
        for name, service in configured
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(rows)


@app.command("bad")
def list_known_bad(
    product: Annotated[
        str | None,
        typer.Argument(metavar="PRODUCT", help="Name of a product; with * and ? to add a pattern."),
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="Add the product to your list: what is wrong with it.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Where this can be read.")] = None,
    as_json: AsJson = False,
) -> None:
    """List products known to be bad, or add one.

    With a name, only its lines are listed. Such a product loses to any other of its acquisition.
    With --reason and --source it is added to the file in the setting `catalogue.known_bad`.
    """
    import dataclasses

    from dias_cbm import known_bad
    from dias_cbm.errors import SettingsError

    if (reason is None) != (source is None) or (reason is not None and product is None):
        raise typer.BadParameter("a product is added with its name, --reason and --source")
    if product and reason and source:
        own = known_bad.own_file()
        if own is None:
            raise SettingsError(
                "names no file to add the product to",
                subject="catalogue.known_bad",
                hint="set CBM_CATALOGUE_KNOWN_BAD",
            )
        known_bad.add(known_bad.KnownBad(product, reason, source), own)
    lines = [line for line in known_bad.known_bad() if product is None or line.covers(product)]
    if as_json:
        print_json([dataclasses.asdict(line) for line in lines])
        return
    for line in lines:
        when = f", sensed {line.first or '...'} to {line.last or '...'}" if line.dated else ""
        typer.echo(f"{line.pattern}{when}: {line}")
    if product and not lines:
        typer.echo(f"{product}: not on the list")


@app.command()
def compare(
    one: Annotated[str, typer.Argument(metavar="FIRST", help="Name of a platform.")],
    other: Annotated[str, typer.Argument(metavar="SECOND", help="Name of the other platform.")],
    area: Area,
    first: FirstDay,
    last: LastDay,
    card: CardNames = None,
    level1: Level1 = False,
    one_url: Annotated[
        str | None, typer.Option("--first-url", help="Address of the first catalogue.")
    ] = None,
    other_url: Annotated[
        str | None, typer.Option("--second-url", help="Address of the second catalogue.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what one platform has and the other lacks, by product name.

    `cbm season area` writes the area of a season to a file for --area.
    """
    from dias_cbm.catalogue import Query
    from dias_cbm.catalogue import compare as comparing

    query = Query(_kinds(card, level1=level1), area, *window(first, last))
    found = comparing.compare(_all(one, one_url, query), _all(other, other_url, query))
    if as_json:
        lists = {"only_first": found.only_first, "only_second": found.only_second}
        rows = {key: [plain_scene(scene) for scene in scenes] for key, scenes in lists.items()}
        print_json({"first": one, "second": other, "both": len(found.both)} | rows)
        return
    typer.echo(f"on both: {len(found.both)}")
    for platform, scenes in ((one, found.only_first), (other, found.only_second)):
        typer.echo(f"on {platform} only: {len(scenes)}")
        for scene in scenes:
            typer.echo(f"  {scene.name}")


def _all(platform: str, base_url: str | None, query: Query) -> list[Scene]:
    """Every scene of a platform; quarantined ones count, because the platform has them."""
    from dias_cbm.catalogue import open_catalogue

    with closing(open_catalogue(platform, base_url)) as catalogue:
        pages = list(catalogue.search(query))
    found = [scene for page in pages for scene in page.scenes]
    return found + [entry.scene for page in pages for entry in page.quarantined]


def _kinds(cards: list[Card] | None, *, level1: bool) -> tuple[Kind, ...]:
    """CARD kinds, or the level-1 kinds that they are made from, each once."""
    source = SOURCE_OF_CARD if level1 else KIND_OF_CARD
    return tuple(dict.fromkeys(source[card] for card in cards or Card))


def _with_sources(cards: list[Card]) -> list[Kind]:
    """CARD kinds with the level-1 kinds that they are made from, each once."""
    both = [kind for card in cards for kind in (SOURCE_OF_CARD[card], KIND_OF_CARD[card])]
    return list(dict.fromkeys(both))
