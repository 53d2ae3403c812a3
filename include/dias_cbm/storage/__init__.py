"""Product stores: one interface to files, S3 and Swift, chosen by a setting."""

from __future__ import annotations

from dias_cbm.config.settings import settings
from dias_cbm.errors import SettingsError
from dias_cbm.storage.base import Credentials, Head, Needed, Piece, Progress, Ranged, Store
from dias_cbm.storage.credentials import credentials_from, credentials_of

__all__ = [
    "Credentials",
    "Head",
    "Needed",
    "Piece",
    "Progress",
    "Ranged",
    "Store",
    "credentials_from",
    "open_chain",
    "open_store",
]


def open_store(platform: str) -> Store:
    """Open the store that the settings name for a platform, e.g. ``files:/eodata``.

    :raises SettingsError: an unknown platform, or a store of an unknown kind.
    """
    from dias_cbm.storage.address import read_address
    from dias_cbm.storage.files import FileStore

    address = settings().known(platform).store
    subject = f"platforms.{platform}.store"
    scheme, _, rest = address.partition(":")
    if scheme == "files" and rest:
        return FileStore(rest, platform)
    if scheme == "files" or "://" not in address:
        raise SettingsError(
            f"cannot open the store {address!r}",
            subject=subject,
            hint="known are files:FOLDER, s3://BUCKET?..., swift://CONTAINER?...",
        )
    read = read_address(address, subject)
    credentials = credentials_of(platform)
    # Their libraries take a second to import, and a mounted store does not need them.
    if read.kind == "s3":
        from dias_cbm.storage.s3 import S3Store

        return S3Store(platform, read, credentials)
    from dias_cbm.storage.swift import SwiftStore

    return SwiftStore(platform, read, credentials)


def open_chain(platform: str) -> Store:
    """Open the stores to try in turn for a platform's products: ``store_platforms``, or its own.

    :returns: a store whose ``platform`` is the one that provided the product.
    :raises SettingsError: an unknown platform, or a store of an unknown kind.
    """
    from dias_cbm.storage.fallback import FallbackStore

    stores = [open_store(name) for name in settings().fetch_chain(platform)]
    return stores[0] if len(stores) == 1 else FallbackStore(stores)
