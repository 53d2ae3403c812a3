"""The store of products made here, laid out like the platforms'."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shapely import MultiPolygon

from dias_cbm.cards import BY_KIND
from dias_cbm.config.platforms import MADE
from dias_cbm.errors import SettingsError
from dias_cbm.scenes import Kind
from dias_cbm.storage import open_store
from dias_cbm.storage.files import FileStore
from dias_cbm.storage.locations import location_of


@dataclass(frozen=True, slots=True)
class Planned:
    """A product to be made without a ledger: what is known of it beforehand.

    :param reference: the name to look for it by.
    :param obstime: sensing start; aware UTC.
    """

    kind: Kind
    reference: str
    obstime: datetime
    footprint: MultiPolygon | None = None
    tile: str | None = None
    location: str | None = None
    size: int | None = None
    checksum: str | None = None


def made_store() -> FileStore:
    """The store of the products made here.

    :raises SettingsError: it is not a folder.
    """
    store = open_store(MADE)
    if not isinstance(store, FileStore):
        raise SettingsError("must be a folder", subject=f"platforms.{MADE}.store", hint="files:...")
    return store


def folder_of(store: FileStore, kind: Kind, obstime: datetime) -> Path:
    """The folder of a day's products, as the platforms lay them out."""
    return store.root / BY_KIND[kind].folder / f"{obstime:%Y/%m/%d}"


def location_in(store: FileStore, product: Path) -> str:
    """The location of a product in the store."""
    return location_of(product.relative_to(store.root).as_posix())
