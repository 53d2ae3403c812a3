"""``cbm download``: one product, whole, without Airflow and, if need be, without a database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NamedTuple

import typer


class _Place(NamedTuple):
    platform: str
    location: str
    checksum: str | None


def download(
    reference: Annotated[str, typer.Option(help="The product's name.")],
    platform: Annotated[
        str | None, typer.Option(help="Whose catalogue and store; else the setting platform.")
    ] = None,
    to: Annotated[Path, typer.Option(help="Folder to put it into.")] = Path(),
) -> None:
    """Fetch a product: resumed where an earlier try ended, and verified.

    Its place is taken from the ledger if there is one, else from the platform's catalogue.
    """
    from dias_cbm.config.settings import settings
    from dias_cbm.errors import ObjectMissing
    from dias_cbm.storage import open_chain

    asked = platform or settings().platform
    place = _in_ledger(reference, platform) or _in_catalogue(asked, reference)
    if place is None:
        raise ObjectMissing("neither ledger nor catalogue knows it", subject=reference)
    store = open_chain(place.platform)
    destination = to / Path(place.location).name
    to.mkdir(parents=True, exist_ok=True)
    with typer.progressbar(length=max(1, store.size(place.location)), label=reference[:40]) as bar:
        files = store.fetch(
            place.location, destination, progress=bar.update, checksum=place.checksum
        )
    typer.echo(f"{destination}: {len(files)} files from {store.platform}")


def _in_ledger(reference: str, platform: str | None) -> _Place | None:
    from dias_cbm.config.settings import settings
    from dias_cbm.db.connection import connect
    from dias_cbm.db.queries import query
    from dias_cbm.scenes import stem

    if not settings().database_url:
        return None
    with connect() as connection:
        values = {"name": stem(reference), "platform": platform}
        row = connection.execute(query("ledger/place"), values).fetchone()
    return None if row is None else _Place(row.platform, row.location, row.checksum)


def _in_catalogue(platform: str, reference: str) -> _Place | None:
    from dias_cbm.catalogue.lookup import find_by_name

    scene = find_by_name(platform, reference)
    if scene is None or scene.location is None:
        return None
    return _Place(platform, scene.location, scene.checksum)
