"""Where products that are made here have their place: a store like the platforms', of our own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shapely import MultiPolygon

from dias_cbm.config.platforms import MADE
from dias_cbm.errors import SettingsError
from dias_cbm.scenes import KIND_OF_CARD, Card, Kind, parse_name, stem
from dias_cbm.storage import open_store
from dias_cbm.storage.files import FileStore
from dias_cbm.storage.locations import location_of


@dataclass(frozen=True, slots=True)
class Planned:
    """What is known of a product that is to be made, without a ledger.

    :param reference: what it is looked for by.
    :param obstime: sensing start; aware UTC.
    """

    kind: Kind
    reference: str
    obstime: datetime
    footprint: MultiPolygon | None = None
    tile: str | None = None
    location: str | None = None
    size: int | None = None


_FOLDERS = {
    Kind.CARD_BS: "Sentinel-1/SAR/CARD-BS",
    Kind.CARD_COH6: "Sentinel-1/SAR/CARD-COH6",
    Kind.CARD_COH12: "Sentinel-1/SAR/CARD-COH12",
    Kind.S2_L2A: "Sentinel-2/MSI/L2A",
}


def made_store() -> FileStore:
    """The store of what is made here.

    :raises SettingsError: it is no folder.
    """
    store = open_store(MADE)
    if not isinstance(store, FileStore):
        raise SettingsError("must be a folder", subject=f"platforms.{MADE}.store", hint="files:...")
    return store


def folder_of(store: FileStore, kind: Kind, obstime: datetime) -> Path:
    """The folder of a day's products, as the platforms lay them out."""
    return store.root / _FOLDERS[kind] / f"{obstime:%Y/%m/%d}"


def location_in(store: FileStore, product: Path) -> str:
    """The location of a product in the store."""
    return location_of(product.relative_to(store.root).as_posix())


def reference_of(card: Card, source: str, secondary: str | None = None) -> str:
    """What a product that is to be made is called in the ledger.

    CARD-BS is called so everywhere. The others tell what they are made from; the engine that makes
    them gives the product itself the platforms' kind of name.

    :param source: name of the acquisition, of a pair the later one.
    """
    name = stem(source)
    if card is Card.BS:
        return f"{name}_CARD_BS"
    if card is Card.S2:
        return name.replace("_MSIL1C_", "_MSIL2A_", 1)
    fields, earlier = parse_name(name), parse_name(secondary or "")
    kind = KIND_OF_CARD[card].value.replace("_", "-")
    return (
        f"{fields['satellite']}_{fields['start']}_{earlier['start']}"
        f"_{fields['abs_orbit']}_{earlier['abs_orbit']}_{kind}"
    )
