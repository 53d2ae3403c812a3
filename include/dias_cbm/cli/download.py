"""``cbm download``: fetch one product without Airflow and, if need be, without a database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from dias_cbm.cli.options import AsJson, Out, PlatformName
from dias_cbm.cli.printing import print_json


class _Place(NamedTuple):
    platform: str
    location: str
    checksum: str | None


def download(
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help="Name of the product.")],
    platform: PlatformName = None,
    out: Out = Path(),
    as_json: AsJson = False,
) -> None:
    """Fetch a product into a folder, and verify it.

    An interrupted download is resumed. The product is looked up in the ledger, if there is a
    database, then in the platform's catalogue.
    """
    from dias_cbm.config.settings import settings
    from dias_cbm.errors import ObjectMissing
    from dias_cbm.storage import open_chain

    asked = platform or settings().platform
    place = _in_ledger(product, platform) or _in_catalogue(asked, product)
    if place is None:
        raise ObjectMissing("found neither in the ledger nor in the catalogue", subject=product)
    store = open_chain(place.platform)
    destination = out / Path(place.location).name
    out.mkdir(parents=True, exist_ok=True)
    size = max(1, store.size(place.location))
    stderr = typer.get_text_stream("stderr")
    with typer.progressbar(length=size, label=product[:40], file=stderr) as bar:
        files = store.fetch(
            place.location, destination, progress=bar.update, checksum=place.checksum
        )
    if as_json:
        print_json({"path": destination, "files": files, "platform": store.platform})
    else:
        typer.echo(f"{destination}: {len(files)} files from {store.platform}")


def _in_ledger(product: str, platform: str | None) -> _Place | None:
    from dias_cbm.config.settings import settings
    from dias_cbm.db.connection import connect
    from dias_cbm.db.queries import query
    from dias_cbm.scenes import stem

    if not settings().database.url:
        return None
    with connect(application="cbm download") as connection:
        named = {"name": stem(product), "platform": platform}
        row = connection.execute(query("ledger/place"), named).fetchone()
    return None if row is None else _Place(row.platform, row.location, row.checksum)


def _in_catalogue(platform: str, product: str) -> _Place | None:
    from dias_cbm.catalogue.lookup import find_by_name

    scene = find_by_name(platform, product)
    if scene is None or scene.location is None:
        return None
    return _Place(platform, scene.location, scene.checksum)
