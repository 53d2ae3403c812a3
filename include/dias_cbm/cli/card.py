"""``cbm card``: make one product without Airflow; only orders need a database."""

from __future__ import annotations

import dataclasses
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dias_cbm.cli.options import AsJson, CardName, Out, PlatformName
from dias_cbm.cli.printing import print_json
from dias_cbm.scenes import Card
from dias_cbm.vertical_datum import VerticalDatum

if TYPE_CHECKING:
    from dias_cbm.card.engines import CardEngine, Job
    from dias_cbm.products.model import Product

app = typer.Typer(name="card", help="Make CARD products.", no_args_is_help=True)


class Engine(StrEnum):
    """Engines that can make a product."""

    ORDER = "order"
    SNAP = "snap"
    SEN2COR = "sen2cor"
    EMBEDDED = "embedded"


Secondary = Annotated[
    Path | None, typer.Option(help="The SLC 6 or 12 days earlier, for c6 and c12.")
]
ElevationModel = Annotated[
    Path | None, typer.Option(help="Elevation model; default: the setting card.dem.")
]
Datum = Annotated[
    VerticalDatum | None,
    typer.Option(help="Datum of its heights; default: the setting card.dem_datum."),
]


@app.command()
def make(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="GRD, SLC or L1C: a SAFE folder or a zip.")
    ],
    card: CardName,
    engine: Annotated[Engine, typer.Option(help="Engine to use; `cbm card doctor` lists all.")],
    out: Out,
    secondary: Secondary = None,
    dem: ElevationModel = None,
    datum: Datum = None,
    diversity: Annotated[
        bool | None,
        typer.Option(
            "--diversity/--no-diversity",
            help="Correct the coregistration of c6 by enhanced spectral diversity (ESD);"
            " default: the setting card.c6_esd.",
        ),
    ] = None,
    orbit: Annotated[
        list[Path] | None,
        typer.Option(help="Orbit file of the source; repeat it for that of the secondary."),
    ] = None,
    cog: Annotated[
        bool, typer.Option("--cog", help="Write radar products as cloud-optimised GeoTIFF.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make one product in a folder, or report the one that exists."""
    from dias_cbm.products.validate import validate

    with _engine(engine) as chosen, _bar(silent=as_json) as progress:
        given = {"dem": dem, "datum": datum, "esd": diversity, "orbits": tuple(orbit or ())}
        job = _job(card, source, secondary, out, given | {"cog": cog, "progress": progress})
        with job.held:
            product = chosen.produce(job)
            validate(product, job.scene)
    if as_json:
        print_json({"path": product.path, **product.attributes})
    else:
        typer.echo(_summary(product))


@app.command()
def graphs(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="GRD or SLC: a SAFE folder or a zip.")
    ],
    out: Out,
    secondary: Secondary = None,
    dem: ElevationModel = None,
    datum: Datum = None,
    as_json: AsJson = False,
) -> None:
    """Write SNAP's graphs of one product, and print how to run them.

    SNAP need not be on this machine. The graphs have all parameters of its newest version; they
    name the files as they are called here.
    """
    from dias_cbm.card.engines.snap.graphs import write_graphs
    from dias_cbm.config.settings import settings

    card = settings().card
    model = dem or (Path(card.dem).expanduser() if card.dem else None)
    files = write_graphs(out, source, secondary, model, datum or VerticalDatum(card.dem_datum))
    if as_json:
        print_json([str(file) for file in files])
        return
    for file in files:
        typer.echo(f"gpt {shlex.quote(str(file))} -e")


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """List what each engine needs, and how to get what is missing."""
    from dataclasses import asdict

    from dias_cbm.card.engines.registry import PROBES, is_there, load

    found = {name: load(probe)() for name, probe in PROBES.items() if is_there(probe)}
    if as_json:
        listed = {name: [asdict(one) for one in findings] for name, findings in found.items()}
        print_json(listed)
        return
    for name, findings in found.items():
        lacking = [one for one in findings if one.found is None and one.needed]
        typer.echo(f"{name}: {'cannot be used yet' if lacking else 'can be used'}")
        for one in findings:
            state = one.found or f"{'missing' if one.needed else 'missing, optional'}; {one.hint}"
            typer.echo(f"  {one.what}: {state}")


@app.command()
def orders(platform: PlatformName = None, as_json: AsJson = False) -> None:
    """List orders at a platform, and what is left of the quota."""
    from dias_cbm.card.orders.book import OrderBook
    from dias_cbm.config.settings import settings
    from dias_cbm.db.connection import connect
    from dias_cbm.db.queries import query

    current = settings()
    name = platform or current.order.platform or current.platform
    with connect(application="cbm card orders") as connection:
        rows = connection.execute(query("card/order_list"), {"platform": name}).fetchall()
        quota = OrderBook(connection, name).quota()
    if as_json:
        plain = [row._asdict() for row in rows]
        print_json({"platform": name, "orders": plain, "quota": dataclasses.asdict(quota)})
        return
    for row in rows:
        number = row.external_id or "not confirmed"
        reason = f": {row.reason}" if row.reason else ""
        typer.echo(f"{row.placed_at:%Y-%m-%d %H:%M} {row.state} {number} {row.name}{reason}")
    typer.echo(f"{name}: {quota}")


@contextmanager
def _engine(engine: Engine) -> Iterator[CardEngine]:
    from dias_cbm.card.engines import open_engine
    from dias_cbm.config.settings import settings
    from dias_cbm.db.connection import connect

    if engine is Engine.ORDER and settings().database.url:
        with connect(application="cbm card make") as connection:
            yield open_engine(engine, connection)
    else:
        yield open_engine(engine)


def _job(
    card: Card,
    source: Path,
    secondary: Path | None,
    out: Path,
    given: Mapping[str, Any],
) -> Job:
    """The job for an engine: what to make, and from which files.

    :param given: options that override the settings; None for one that was not given.
    """
    from dataclasses import replace

    from dias_cbm.card.engines import Job, Source, make_options
    from dias_cbm.card.pairs import check_pair
    from dias_cbm.card.planned import Planned
    from dias_cbm.card.product_names import reference_of
    from dias_cbm.errors import CardFailed
    from dias_cbm.scenes import (
        KIND_OF_CARD,
        SOURCE_OF_CARD,
        kind_of_name,
        parse_name,
        parse_time,
        stem,
    )
    from dias_cbm.storage.files import FileStore

    paths = [source, *([secondary] if secondary else [])]
    names = [stem(path.name) for path in paths]
    for path, name in zip(paths, names, strict=True):
        if kind_of_name(name) is not SOURCE_OF_CARD[card]:
            raise CardFailed(f"is not a {SOURCE_OF_CARD[card]} by its name", subject=path.name)
    is_pair = card in (Card.C6, Card.C12)
    if is_pair != (secondary is not None):
        needs = "needs a secondary" if is_pair else "takes no secondary"
        raise CardFailed(f"{card} {needs}", subject=source.name, hint="see --secondary")
    kind = check_pair(*names) if len(names) == 2 else KIND_OF_CARD[card]
    made = Card(kind.card) if kind.card else card
    if made is not card:
        raise CardFailed(
            f"makes a {made}, not a {card}", subject=" and ".join(names), hint=f"use --card {made}"
        )
    scene = Planned(
        kind=kind,
        reference=reference_of(made, *names),
        obstime=parse_time(parse_name(names[0])["start"]),
    )
    chosen = {name: value for name, value in given.items() if value is not None}
    options = replace(make_options(out), **chosen)
    sources = (Source(name, _at(path)) for name, path in zip(names, paths, strict=True))
    return Job(scene, FileStore(out), sources=tuple(sources), options=options)


def _at(path: Path) -> Callable[[ExitStack], Path]:
    """Access to a file that is already on disk."""
    return lambda _: path


@contextmanager
def _bar(*, silent: bool) -> Iterator[Callable[[float], None]]:
    """A progress bar on standard error, if that is a terminal."""
    if silent or not sys.stderr.isatty():
        yield lambda _: None
        return
    with typer.progressbar(length=1000, label="making", file=sys.stderr) as bar:
        yield lambda share: bar.update(max(0, round(1000 * share) - bar.pos))


def _summary(product: Product) -> str:
    found: dict[str, Any] = dict(product.attributes)
    bands = ", ".join(product.bands)
    return f"{product.path}: {bands}, made by {found.get('engine')} {found.get('version')}"
